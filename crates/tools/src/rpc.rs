//! Tools of the caller's app, called through LiveKit RPC.

use std::time::Duration;

use parlor_core::ids::Identity;
use parlor_core::secret::Private;
use parlor_livekit::room::{RoomControl, RoomControlError};
use serde::Deserialize;
use serde_json::Value;

use super::Answer;

/// Maximum payload of a LiveKit RPC, in bytes.
const MOST: usize = 15 << 10;

/// An RPC tool, as configured in `agent.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RpcSpec {
    /// Name of the method that the app has registered.
    pub method: String,
    /// Identity of the participant whose app is called; the linked caller if `None`.
    #[serde(default)]
    pub to: Option<String>,
}

impl RpcSpec {
    /// Calls the method with `arguments` as JSON text and returns the app's answer, which is text.
    /// Failures are error answers. `timeout` limits the RPC call.
    pub async fn call(
        &self,
        control: &RoomControl,
        caller: Option<&Identity>,
        arguments: &Value,
        timeout: Duration,
    ) -> Answer {
        let named = self.to.as_deref().map(Identity::from);
        let Some(to) = named.as_ref().or(caller) else {
            return Answer::error("there is no linked caller, so there is no app to call");
        };
        let payload = Private::new(arguments.to_string());
        if payload.reveal().len() > MOST {
            return Answer::error("the arguments are longer than the 15 KiB that an RPC can carry");
        }
        let called = control.call_rpc(to, &self.method, payload.into_inner(), timeout);
        match called.await {
            Ok(answer) => Answer::ok(answer),
            Err(error) => {
                self.log(&error);
                Answer::error(&error.to_string())
            }
        }
    }

    /// Logs only the code of the app's error, as its message may hold private data.
    fn log(&self, error: &RoomControlError) {
        let code = match error {
            RoomControlError::App(code, _) => Some(*code),
            _ => None,
        };
        tracing::warn!(method = %self.method, code, "the RPC to an app failed");
    }
}
