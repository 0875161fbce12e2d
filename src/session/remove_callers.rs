//! Takes a caller out of a room that the agent leaves, or deletes the room.

use std::time::Duration;

use parlor_core::ids::Identity;
use tokio::time::timeout;

use crate::config::LiveKit;
use crate::livekit_server::LiveKitServer;

/// How long the server may take.
const DISMISS_WITHIN: Duration = Duration::from_secs(2);

/// Takes `caller` out of `room`: a telephone would stay connected to an empty room.
pub(super) async fn dismiss(livekit: LiveKit, room: String, caller: Identity) {
    let removing = async {
        let server = LiveKitServer::new(&livekit)?;
        server.remove_participant(&room, caller.as_str()).await
    };
    match timeout(DISMISS_WITHIN, removing).await {
        Ok(Ok(())) => tracing::info!(participant = %caller, "the caller was hung up on"),
        Ok(Err(error)) => {
            tracing::error!(participant = %caller, %error, "the caller could not be hung up on");
        }
        Err(_elapsed) => {
            tracing::error!(participant = %caller, "the caller was not hung up on in time");
        }
    }
}

/// Deletes `room`, with all who are in it.
pub(super) async fn delete_room(livekit: LiveKit, room: String) {
    let deleting = async { LiveKitServer::new(&livekit)?.delete_room(&room).await };
    match timeout(DISMISS_WITHIN, deleting).await {
        Ok(Ok(())) => tracing::info!("the room was deleted"),
        Ok(Err(error)) => tracing::error!(%error, "the room could not be deleted"),
        Err(_elapsed) => tracing::error!("the room was not deleted in time"),
    }
}
