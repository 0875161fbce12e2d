//! Lost connections.

use livekit_protocol::data_packet::Kind;
use parlor_rtc::participant::Event;

use crate::peer::Peer;
use crate::room::{data, send};
use crate::server::Server;

async fn server_restarts(single: bool) {
    let mut server = Server::start().await;
    let mut a = Peer::join(&server, "restart", "a", single).await;
    let mut b = Peer::join(&server, "restart", "b", single).await;
    let (cid, sid) = a.publish("voice").await;
    b.subscribed().await;
    a.talk(&cid, b.packets(&sid, 5)).await;
    server.restart().await;
    for peer in [&mut a, &mut b] {
        let resumed = peer.wait(|event| match event {
            Event::Reconnected { resumed } => Some(resumed),
            _ => None,
        });
        assert!(!resumed.await, "the server has forgotten the session");
    }
    let again = a.wait(|event| match event {
        Event::LocalTrackRepublished(published, former, track) => {
            Some((published, former, track.sid))
        }
        _ => None,
    });
    let (published, former, new) = again.await;
    assert_eq!((published.as_str(), former), (&*cid, sid));
    b.wait(|event| match event {
        Event::TrackSubscribed(_, track) if track == new => Some(()),
        _ => None,
    })
    .await;
    a.talk(&cid, b.packets(&new, 5)).await;
    send(&a, Kind::Reliable, b"after").await;
    assert_eq!(data(&mut b).await.2, b"after");
}

#[tokio::test]
async fn a_restarted_server_is_joined_anew_on_a_single_peer_connection() {
    server_restarts(true).await;
}

#[tokio::test]
async fn a_restarted_server_is_joined_anew_on_dual_peer_connections() {
    server_restarts(false).await;
}
