//! An anchor that is a command of the operator's: `<command> get <organization id>` prints the note that
//! is kept, `<command> put <organization id>` keeps the one on its standard input.
//!
//! What must hold: the command's time and what is read of it are bounded, and it is ended with all that
//! it has started when it is late.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wait_timeout::ChildExt;

use super::AnchorCommand;
use crate::checkpoints::{CheckpointStore, CheckpointStoreError, MAX_CHECKPOINT_BYTES};

/// Bytes that are shown of what a command complains.
const MAX_COMPLAINT_BYTES: u64 = 500;
/// How long what a command has written may take to arrive once it has ended.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Notes that a command keeps.
pub(crate) struct CommandAnchor {
    command: Vec<String>,
    timeout: Duration,
}

impl CommandAnchor {
    pub(crate) fn new(command: &AnchorCommand) -> Self {
        Self {
            command: command.command.clone(),
            timeout: command.timeout,
        }
    }

    /// Runs the command; what it has printed.
    fn run(&self, what: &str, organization_id: &str, input: &[u8]) -> io::Result<Vec<u8>> {
        let (program, arguments) = self
            .command
            .split_first()
            .ok_or_else(|| io::Error::other("the anchor's command is empty"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .args([what, organization_id])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, to be ended as one.
            .process_group(0)
            .spawn()?;
        let printed = read_aside(child.stdout.take(), MAX_CHECKPOINT_BYTES);
        let complained = read_aside(child.stderr.take(), MAX_COMPLAINT_BYTES);
        // A note fits into a pipe. A command that does not read it says so by its exit code.
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(input);
        }
        let status = child.wait_timeout(self.timeout)?;
        let Some(status) = status else {
            end(&mut child);
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("it did not end within {} s", self.timeout.as_secs_f32()),
            ));
        };
        if status.success() {
            return printed.recv_timeout(DRAIN_TIMEOUT).unwrap_or_else(|_| {
                // Something that it has started holds on to its output.
                end(&mut child);
                Err(io::Error::other("what it printed did not end when it did"))
            });
        }
        let complaint = complained.recv_timeout(DRAIN_TIMEOUT);
        if complaint.is_err() {
            end(&mut child);
        }
        let complaint = complaint.ok().and_then(Result::ok).unwrap_or_default();
        let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
        Err(io::Error::other(format!("{status}: {complaint}")))
    }

    fn failed(&self, organization_id: &str, source: io::Error) -> CheckpointStoreError {
        let command = self.command.join(" ");
        let text = format!("the anchor's command `{command}`: {source}");
        CheckpointStoreError::Unreadable {
            organization_id: organization_id.to_owned(),
            source: io::Error::new(source.kind(), text),
        }
    }
}

/// Reads a pipe to its end on a thread of its own, and keeps no more than so many bytes of it.
fn read_aside(
    pipe: Option<impl Read + Send + 'static>,
    at_most: u64,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let mut kept = Vec::new();
        let Some(mut pipe) = pipe else {
            return;
        };
        let read = pipe.by_ref().take(at_most).read_to_end(&mut kept);
        // The rest is let go, so that whoever writes it can end.
        let read = read.and_then(|_| io::copy(&mut pipe, &mut io::sink()));
        let _ = sender.send(read.and_then(|more| match more {
            0 => Ok(kept),
            _ => Err(io::ErrorKind::FileTooLarge.into()),
        }));
    };
    // Without a thread nobody sends, which the receiver is told.
    let _ = thread::Builder::new().spawn(read);
    receiver
}

fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

impl CheckpointStore for CommandAnchor {
    fn read(&self, organization_id: &str) -> Result<Option<Vec<u8>>, CheckpointStoreError> {
        let printed = self.run("get", organization_id, &[]);
        let printed = printed.map_err(|error| self.failed(organization_id, error))?;
        Ok((!printed.is_empty()).then_some(printed))
    }

    fn compare_and_swap(
        &self,
        organization_id: &str,
        known: Option<&[u8]>,
        new: &[u8],
    ) -> Result<(), CheckpointStoreError> {
        let there = self.read(organization_id)?;
        // An earlier attempt may have come through although it was not told.
        if there.as_deref() == Some(new) {
            return Ok(());
        }
        if there.as_deref() != known {
            return Err(CheckpointStoreError::Raced);
        }
        let put = self.run("put", organization_id, new);
        put.map(drop)
            .map_err(|error| self.failed(organization_id, error))
    }
}
