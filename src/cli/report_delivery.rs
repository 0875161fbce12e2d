//! Delivers the reports of this process's calls.

use parlor_report::Reports;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A task that delivers reports until [`end`](Self::end).
pub(super) struct ReportDelivery {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl ReportDelivery {
    /// Starts the task.
    pub(super) fn start(reports: Reports) -> Self {
        let (stop, stopped) = oneshot::channel();
        let delivering = async move {
            // Dropping the sender stops the task, too.
            let stopped = async { drop(stopped.await) };
            if let Err(error) = reports.deliver(stopped).await {
                tracing::error!(%error, "cannot deliver reports");
            }
        };
        Self {
            stop,
            task: tokio::spawn(delivering),
        }
    }

    /// Delivers the reports that are due, for at most 5 s, and stops the task.
    pub(super) async fn end(self) {
        self.stop.send(()).ok();
        if self.task.await.is_err() {
            tracing::error!("the report delivery task failed");
        }
    }
}
