//! A tool of the caller's own app, called through LiveKit RPC.

use std::time::Duration;

use parlor_core::ids::Identity;
use parlor_core::secret::Private;
use serde::Deserialize;
use serde_json::Value;

use super::Answer;
use crate::room::{RoomControl, RoomControlError};

/// The most bytes that LiveKit passes on.
const MOST: usize = 15 << 10;

/// A method of an app, as users write it in `agent.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RpcSpec {
    /// What the app has registered.
    pub method: String,
    /// The identity of the app's participant; the caller's own without it.
    #[serde(default)]
    pub to: Option<String>,
}

impl RpcSpec {
    /// Calls the method with the arguments as JSON text; the app's answer is text as well.
    pub async fn call(
        &self,
        control: &RoomControl,
        caller: Option<&Identity>,
        arguments: &Value,
        within: Duration,
    ) -> Answer {
        let named = self.to.as_deref().map(Identity::from);
        let Some(to) = named.as_ref().or(caller) else {
            return Answer::error("there is no caller whose app could be asked");
        };
        let payload = Private::new(arguments.to_string());
        if payload.reveal().len() > MOST {
            return Answer::error("the arguments are too long for the caller's app");
        }
        let called = control.call(to, &self.method, payload.into_inner(), within);
        match called.await {
            Ok(answer) => Answer::ok(answer),
            Err(error) => {
                self.log(&error);
                Answer::error(&error.to_string())
            }
        }
    }

    /// What an app answers may be private: only the kind of the error is logged.
    fn log(&self, error: &RoomControlError) {
        let code = match error {
            RoomControlError::App(code, _) => Some(*code),
            _ => None,
        };
        tracing::warn!(method = %self.method, code, "a method of an app could not be called");
    }
}
