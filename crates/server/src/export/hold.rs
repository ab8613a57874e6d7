//! Where a test may hold exports between two pieces, to see what happens meanwhile. Nothing of it is in a release
//! build.

/// The variable that names the file: while it is there, exports wait.
#[cfg(debug_assertions)]
const VARIABLE: &str = "TEST_EVIDENT_EXPORT_HOLD";

/// Waits for as long as the environment says, or until it is broken off.
#[cfg(debug_assertions)]
pub(super) fn wait(is_broken_off: impl Fn() -> bool) {
    const POLL: std::time::Duration = std::time::Duration::from_millis(5);
    let Some(file) = std::env::var_os(VARIABLE) else {
        return;
    };
    while std::path::Path::new(&file).exists() && !is_broken_off() {
        std::thread::park_timeout(POLL);
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(super) fn wait(_: impl Fn() -> bool) {}
