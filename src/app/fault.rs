//! A way for tests to make procdash fail inside; release builds do not have it.

use std::io;

/// When set to `panic`, SIGUSR1 makes a task panic.
#[cfg(debug_assertions)]
const VARIABLE: &str = "PROCDASH_FAULT";

/// Waits for the signal that asks for a failure, if the environment says so.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub(crate) fn arm() -> io::Result<()> {
    if std::env::var_os(VARIABLE).is_some_and(|fault| fault == "panic") {
        let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::user_defined1())?;
        tokio::spawn(async move {
            asked.recv().await;
            panic!("a fault that was asked for");
        });
    }
    Ok(())
}

/// Does nothing: a release has no faults on request.
#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
pub(crate) fn arm() -> io::Result<()> {
    Ok(())
}
