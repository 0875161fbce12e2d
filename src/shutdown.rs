//! Signals: the first ends the call properly, the second at once.

use anyhow::Context;
use parlor_core::conversation::Event;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Signals that may wait to be looked at.
pub const SIGNALS: usize = 4;

/// Sends [`Event::Shutdown`] for each SIGINT and SIGTERM until the call takes no more.
///
/// # Errors
/// When signals cannot be watched.
pub fn on_signals(control: mpsc::Sender<Event>) -> anyhow::Result<JoinHandle<()>> {
    let why = "signals cannot be watched";
    let mut interrupt = signal(SignalKind::interrupt()).context(why)?;
    let mut terminate = signal(SignalKind::terminate()).context(why)?;
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if control.send(Event::Shutdown).await.is_err() {
                return;
            }
        }
    }))
}
