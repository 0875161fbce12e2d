//! What the simulator does wrong because it was told to.

use std::ops::ControlFlow;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::fault::Doom;
use super::refuse::Refusal;
use super::session::{self, Flow, Session};
use super::{Fault, messages};

impl Session {
    /// The faults that are one message each.
    pub(super) async fn misbehave(&mut self) -> Flow {
        for fault in self.options.clone().faults.iter() {
            match fault {
                Fault::MalformedJson => self.send_text("{\"type\":".to_owned()).await?,
                Fault::BadBase64 => {
                    let bad = r#"{"type":"reply.audio","reply_id":"resp_bad","data":"?!"}"#;
                    self.send_text(bad.to_owned()).await?;
                }
                Fault::UnknownEvent => {
                    let unknown = serde_json::json!({"type": "session.weather", "rain": true});
                    self.send(unknown).await?;
                }
                Fault::HugeMessage => {
                    let huge = serde_json::json!({"system_prompt": "x".repeat(2 << 20)});
                    self.send(messages::updated(&huge)).await?;
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    /// What awaits the first session of a simulator; those after it live.
    pub(super) fn doom(&self) -> Option<(Instant, Doom)> {
        let ready = self.ready?;
        self.hold.as_ref().filter(|hold| hold.is_first())?;
        let dooms = self.options.faults.iter().filter_map(Fault::doom);
        let (after, doom) = dooms.min_by_key(|(after, _)| *after)?;
        Some((ready + after, doom))
    }

    pub(super) async fn meet(&mut self, doom: Doom, stop: &mut watch::Receiver<bool>) -> Flow {
        match doom {
            Doom::Drop => ControlFlow::Break("dropped"),
            Doom::Silent => {
                tokio::select! {
                    _ = stop.changed() => ControlFlow::Break("silent"),
                    () = session::taken(self.hold.as_ref()) => ControlFlow::Break("taken over"),
                }
            }
            Doom::Fail { told } => {
                if told {
                    let refusal = Refusal::new("internal_error", "told to fail");
                    self.refuse(&refusal).await?;
                }
                self.close(CloseCode::Error, "internal error").await
            }
        }
    }
}
