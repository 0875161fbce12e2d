//! Removes a caller from a room that the agent leaves, or deletes the room.

use std::time::Duration;

use parlor_core::ids::Identity;
use parlor_livekit::LiveKit;
use parlor_livekit::server::LiveKitServer;
use tokio::time::timeout;

/// Timeout of the request to the server.
const DISMISS_WITHIN: Duration = Duration::from_secs(2);

/// Removes `caller` from `room`, because a phone call would stay connected to an empty room.
pub(super) async fn dismiss(livekit: LiveKit, room: String, caller: Identity) {
    let removing = async {
        let server = LiveKitServer::new(&livekit)?;
        server.remove_participant(&room, caller.as_str()).await
    };
    match timeout(DISMISS_WITHIN, removing).await {
        Ok(Ok(())) => tracing::info!(participant = %caller, "removed the caller from the room"),
        Ok(Err(error)) => {
            tracing::error!(participant = %caller, %error, "cannot remove the caller from the room");
        }
        Err(_elapsed) => {
            tracing::error!(participant = %caller, "timed out removing the caller from the room");
        }
    }
}

/// Deletes `room`, which disconnects all its participants.
pub(super) async fn delete_room(livekit: LiveKit, room: String) {
    let deleting = async { LiveKitServer::new(&livekit)?.delete_room(&room).await };
    match timeout(DISMISS_WITHIN, deleting).await {
        Ok(Ok(())) => tracing::info!("deleted the room"),
        Ok(Err(error)) => tracing::error!(%error, "cannot delete the room"),
        Err(_elapsed) => tracing::error!("timed out deleting the room"),
    }
}
