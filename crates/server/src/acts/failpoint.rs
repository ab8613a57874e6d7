//! Where a test may end the process, to see what a crash there leaves behind. Nothing of it is in a release build.

/// The variable that names the point.
#[cfg(debug_assertions)]
const VARIABLE: &str = "TEST_EVIDENT_FAILPOINT";

/// Ends the process at once, as a kill would, if this is the point that it is to end at.
#[cfg(debug_assertions)]
pub(crate) fn failpoint(name: &str) {
    if std::env::var_os(VARIABLE).is_some_and(|wanted| wanted == name) {
        tracing::error!(name, "ending here, as the environment says");
        std::process::abort();
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(crate) const fn failpoint(_: &str) {}
