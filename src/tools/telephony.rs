//! Tools for telephone calls: keys, and handing the call over.

use std::time::Duration;

use parlor_core::ids::Identity;
use serde_json::Value;
use tokio::time::sleep;

use super::Answer;
use crate::config::LiveKit;
use crate::livekit_server::LiveKitServer;
use crate::room::RoomControl;

/// The most keys that are pressed at once.
const MOST_KEYS: usize = 32;

/// Between two keys, so that they are heard as two.
const KEY_EVERY: Duration = Duration::from_millis(200);

/// What `w` among the keys stands for.
const WAIT: Duration = Duration::from_millis(500);

/// Presses the keys in the argument `digits` on the caller's telephone.
pub(super) async fn press(
    control: &RoomControl,
    caller: Option<&Identity>,
    arguments: &Value,
) -> Answer {
    let keys = arguments["digits"].as_str().unwrap_or_default();
    let is_key = |key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D' | 'w');
    if keys.is_empty() || keys.len() > MOST_KEYS || !keys.chars().all(is_key) {
        return Answer::error("digits must be 1 to 32 of 0-9, *, #, A-D and w");
    }
    let Some(caller) = caller else {
        return Answer::error("there is no telephone in the call");
    };
    for key in keys.chars() {
        if key == 'w' {
            sleep(WAIT).await;
            continue;
        }
        if let Err(error) = control.press(caller, key).await {
            tracing::warn!(%error, "keys could not be pressed");
            return Answer::error(&error.to_string());
        }
        sleep(KEY_EVERY).await;
    }
    Answer::ok(r#"{"ok":true}"#)
}

/// Hands the telephone call of `caller` in `room` over to `to`, `tel:` or `sip:`. It has rung there
/// and was answered when this is.
pub(super) async fn transfer(
    livekit: &LiveKit,
    room: &str,
    caller: Option<&Identity>,
    to: &str,
) -> Answer {
    let Some(caller) = caller else {
        return Answer::error("there is no telephone in the call");
    };
    let handing_over = async {
        let server = LiveKitServer::new(livekit)?;
        server.transfer(room, caller.as_str(), to).await
    };
    match handing_over.await {
        Ok(()) => Answer::ok(r#"{"ok":true}"#),
        Err(error) => {
            tracing::warn!(%error, "a call could not be handed over");
            Answer::error("the call could not be handed over")
        }
    }
}
