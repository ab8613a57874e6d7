//! Where a test may hold a run between the reading of the rules and the removal, to see what a change in between does.
//! Nothing of it is in a release build.

/// The variable that names the file: while it is there, runs wait.
#[cfg(debug_assertions)]
const VARIABLE: &str = "TEST_EVIDENT_RETENTION_HOLD";

/// Waits for as long as the environment says. That it waits is told in the log.
#[cfg(debug_assertions)]
pub(super) async fn wait() {
    const POLL: std::time::Duration = std::time::Duration::from_millis(5);
    let Some(file) = std::env::var_os(VARIABLE).map(std::path::PathBuf::from) else {
        return;
    };
    if !file.exists() {
        return;
    }
    tracing::info!("retention is held, as the environment says");
    while file.exists() {
        tokio::time::sleep(POLL).await;
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(super) async fn wait() {}
