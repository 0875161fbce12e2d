//! Signals: the first ends properly, the second at once.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Signals that may wait to be looked at.
pub const SIGNALS: usize = 4;

/// Sends what `event` makes for each SIGINT and SIGTERM until nobody takes any more.
///
/// # Errors
/// When signals cannot be watched.
pub fn on_signals<E: Send + 'static>(
    control: mpsc::Sender<E>,
    event: impl Fn() -> E + Send + 'static,
) -> anyhow::Result<JoinHandle<()>> {
    let why = "signals cannot be watched";
    let mut interrupt = signal(SignalKind::interrupt()).context(why)?;
    let mut terminate = signal(SignalKind::terminate()).context(why)?;
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if control.send(event()).await.is_err() {
                return;
            }
        }
    }))
}
