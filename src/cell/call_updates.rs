//! Reports the progress of one call to the worker.

use parlor_core::conversation::{Checkpoint, Event, Outcome};
use parlor_core::ids::JobId;
use parlor_core::secret::Secret;
use tokio::sync::{mpsc, oneshot, watch};

use super::protocol::FromCell;
use super::send;
use crate::diagnostics;
use crate::session::{Call, Stages};

/// Runs one call and reports its progress to the worker.
pub(super) struct CallUpdates {
    pub(super) job: JobId,
    pub(super) outbox: mpsc::Sender<FromCell>,
}

impl CallUpdates {
    /// Runs the call to its end and returns its job id.
    pub(super) async fn run(
        self,
        mut call: Call,
        control: mpsc::Receiver<Event>,
        release: oneshot::Receiver<()>,
    ) -> JobId {
        let (joined, joined_out) = oneshot::channel();
        let (checkpoints, checkpoints_out) = watch::channel(Checkpoint::default());
        let (ended, ended_out) = oneshot::channel();
        let url = call.livekit.url.clone();
        call.stages = Some(Stages {
            joined,
            checkpoints,
            ended,
            release,
        });
        let stages = self.stages(joined_out, checkpoints_out, ended_out);
        let (result, is_told) = tokio::join!(call.run(control), stages);
        match result {
            Ok(outcome) if !is_told => self.ended(&outcome).await,
            Ok(_) => {}
            Err(error) => {
                let error = Some(diagnostics::join(&error, "of the call", &url));
                self.send(|job| FromCell::Ended { job, error }).await;
            }
        }
        self.send(|job| FromCell::Left { job }).await;
        self.job
    }

    /// Reports the stages of the call as they occur. Returns whether it has reported the end.
    async fn stages(
        &self,
        joined: oneshot::Receiver<watch::Receiver<Secret>>,
        mut checkpoints: watch::Receiver<Checkpoint>,
        mut ended: oneshot::Receiver<Outcome>,
    ) -> bool {
        let Ok(mut tokens) = joined.await else {
            return false;
        };
        self.send(|job| FromCell::Running { job }).await;
        loop {
            tokio::select! {
                biased;
                outcome = &mut ended => {
                    let Ok(outcome) = outcome else {
                        return false;
                    };
                    self.ended(&outcome).await;
                    return true;
                }
                Ok(()) = checkpoints.changed() => {
                    let checkpoint = Box::new(checkpoints.borrow_and_update().clone());
                    self.send(|job| FromCell::Checkpoint { job, checkpoint }).await;
                }
                Ok(()) = tokens.changed() => {
                    let token = tokens.borrow_and_update().clone();
                    self.send(|job| FromCell::Token { job, token }).await;
                }
            }
        }
    }

    async fn ended(&self, outcome: &Outcome) {
        let error = (!outcome.is_success()).then(|| outcome.explanation());
        self.send(|job| FromCell::Ended { job, error }).await;
    }

    async fn send(&self, message: impl FnOnce(JobId) -> FromCell) {
        send(&self.outbox, message(self.job.clone())).await;
    }
}
