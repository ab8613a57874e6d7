//! SIGTERM and SIGINT, for commands that put things in order before they end.
//!
//! What must hold: from the return of [`watch`] on no signal ends the process, unless whoever hears of it does.

use std::io;
use std::thread;

use tokio::signal::unix::{SignalKind, signal};

/// What ends a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// Tells of every signal, on a thread of its own.
pub(super) fn watch(mut heard: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    drop(entered);
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                heard(tokio::select! {
                    _ = terminate.recv() => Signal::Terminate,
                    _ = interrupt.recv() => Signal::Interrupt,
                });
            }
        });
    });
    Ok(())
}
