//! Tools for phone calls: DTMF tones and call transfer.

use std::time::Duration;

use parlor_core::ids::Identity;
use parlor_livekit::LiveKit;
use parlor_livekit::room::RoomControl;
use parlor_livekit::server::LiveKitServer;
use serde_json::Value;
use tokio::time::sleep;

use super::Answer;

/// Maximum number of keys per tool call.
const MOST_KEYS: usize = 32;

/// Pause after each key, so that the other end hears separate tones.
const KEY_EVERY: Duration = Duration::from_millis(200);

/// Pause for a `w` among the keys.
const WAIT: Duration = Duration::from_millis(500);

/// Sends the keys in the argument `digits` to the caller's phone, as DTMF tones.
pub(super) async fn press(
    control: &RoomControl,
    caller: Option<&Identity>,
    arguments: &Value,
) -> Answer {
    let keys = arguments["digits"].as_str().unwrap_or_default();
    let is_key = |key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D' | 'w');
    if keys.is_empty() || keys.len() > MOST_KEYS || !keys.chars().all(is_key) {
        return Answer::error("digits must be 1 to 32 characters out of 0-9, *, #, A-D and w");
    }
    let Some(caller) = caller else {
        return Answer::error("there is no caller in the call");
    };
    for key in keys.chars() {
        if key == 'w' {
            sleep(WAIT).await;
            continue;
        }
        if let Err(error) = control.send_dtmf(caller, key).await {
            tracing::warn!(%error, "failed to send a DTMF tone");
            return Answer::error(&error.to_string());
        }
        sleep(KEY_EVERY).await;
    }
    Answer::ok(r#"{"ok":true}"#)
}

/// Transfers the phone call of `caller` in `room` to `to`, a `tel:` or `sip:` URI. Returns success
/// once the destination has answered.
pub(super) async fn transfer(
    livekit: &LiveKit,
    room: &str,
    caller: Option<&Identity>,
    to: &str,
) -> Answer {
    let Some(caller) = caller else {
        return Answer::error("there is no caller in the call");
    };
    let handing_over = async {
        let server = LiveKitServer::new(livekit)?;
        server.transfer(room, caller.as_str(), to).await
    };
    match handing_over.await {
        Ok(()) => Answer::ok(r#"{"ok":true}"#),
        Err(error) => {
            tracing::warn!(%error, "failed to transfer a call");
            Answer::error("the call could not be transferred")
        }
    }
}
