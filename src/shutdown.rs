//! Signals: the first ends the process properly, the second at once.

use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Signals that may wait to be looked at.
const SIGNALS: usize = 4;

/// What is left of a process after the second signal.
const HASTE: Duration = Duration::from_secs(1);

/// Watches SIGINT and SIGTERM, which no longer kill the process. To be made before anything else,
/// so that no signal comes too early.
#[derive(Debug)]
pub struct Signals {
    count: watch::Receiver<usize>,
    watching: JoinHandle<()>,
}

impl Signals {
    /// Watches from now on.
    ///
    /// # Errors
    /// When signals cannot be watched.
    pub fn watch() -> anyhow::Result<Self> {
        let why = "signals cannot be watched";
        let mut interrupt = signal(SignalKind::interrupt()).context(why)?;
        let mut terminate = signal(SignalKind::terminate()).context(why)?;
        let (counter, count) = watch::channel(0);
        let watching = tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                counter.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { count, watching })
    }

    /// Sends what `event` makes for each signal, earlier ones included, until nobody takes any more.
    pub fn events<E: Send + 'static>(
        &self,
        event: impl Fn() -> E + Send + 'static,
    ) -> mpsc::Receiver<E> {
        let (control, control_out) = mpsc::channel(SIGNALS);
        let mut count = self.count.clone();
        tokio::spawn(async move {
            let mut sent = 0;
            loop {
                while sent < *count.borrow_and_update() {
                    sent += 1;
                    if control.send(event()).await.is_err() {
                        return;
                    }
                }
                if count.changed().await.is_err() {
                    return;
                }
            }
        });
        control_out
    }

    /// Waits for the first signal.
    pub async fn first(&self) {
        self.reach(1).await;
    }

    /// Waits for the second signal, and a moment longer for what is about to end.
    pub async fn impatient(&self) {
        self.reach(2).await;
        sleep(HASTE).await;
    }

    async fn reach(&self, number: usize) {
        let mut count = self.count.clone();
        if count.wait_for(|count| *count >= number).await.is_err() {
            // Nobody watches any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.watching.abort();
    }
}
