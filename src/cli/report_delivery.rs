//! Delivers the reports of a process's calls.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::report::Reports;

/// Delivers reports until it is ended.
pub(super) struct ReportDelivery {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl ReportDelivery {
    /// Begins to deliver.
    pub(super) fn start(reports: Reports) -> Self {
        let (stop, stopped) = oneshot::channel();
        let delivering = async move {
            // Whoever forgets it wants no more either.
            let stopped = async { drop(stopped.await) };
            if let Err(error) = reports.courier(stopped).await {
                tracing::error!(%error, "reports cannot be delivered");
            }
        };
        Self {
            stop,
            task: tokio::spawn(delivering),
        }
    }

    /// Delivers what is there, for 5 s at most, and ends.
    pub(super) async fn end(self) {
        self.stop.send(()).ok();
        if self.task.await.is_err() {
            tracing::error!("the delivery of reports broke");
        }
    }
}
