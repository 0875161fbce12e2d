//! Handles SIGINT and SIGTERM: the first signal shuts down gracefully, the second immediately.

use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Capacity of a channel of signals.
const SIGNALS: usize = 4;

/// How long the process may still run after the second signal.
const FORCED_EXIT_GRACE: Duration = Duration::from_secs(1);

/// Watches SIGINT and SIGTERM, which then do not kill the process. Create it before anything else,
/// so that no signal arrives too early.
#[derive(Debug)]
pub struct Signals {
    count: watch::Receiver<usize>,
    watching: JoinHandle<()>,
}

impl Signals {
    /// Starts watching.
    ///
    /// # Errors
    /// Fails if a signal handler cannot be installed.
    pub fn watch() -> anyhow::Result<Self> {
        let why = "cannot install a signal handler";
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

    /// Returns a channel that receives the value of `event` once for each signal, including signals
    /// before this call, until the receiver is dropped.
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

    /// Waits for the second signal, and then one more second for tasks that are about to finish.
    pub async fn second(&self) {
        self.reach(2).await;
        sleep(FORCED_EXIT_GRACE).await;
    }

    async fn reach(&self, number: usize) {
        let mut count = self.count.clone();
        if count.wait_for(|count| *count >= number).await.is_err() {
            // The watching task is gone, so no signal can arrive.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.watching.abort();
    }
}
