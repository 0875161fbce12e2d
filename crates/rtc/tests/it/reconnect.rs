//! Lost connections.

use livekit_protocol::data_packet::Kind;
use livekit_protocol::simulate_scenario::Scenario;
use parlor_rtc::participant::Event;

use crate::peer::{Peer, options};
use crate::relay::Relay;
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

/// The server sees the same participant go on, and what was sent meanwhile arrives once.
async fn resumes(single: bool) {
    let server = Server::start().await;
    let relay = Relay::start(server.address()).await;
    let token = server.token("resume", "a");
    let mut a = Peer::join_at(&relay.url(), &token, options(single)).await;
    let mut b = Peer::join(&server, "resume", "b", single).await;
    let (cid, sid) = a.publish("voice").await;
    b.subscribed().await;
    a.talk(&cid, b.packets(&sid, 5)).await;
    send(&a, Kind::Reliable, b"before").await;
    assert_eq!(data(&mut b).await.2, b"before");
    relay.cut();
    a.wait(|event| matches!(event, Event::Reconnecting).then_some(()))
        .await;
    send(&a, Kind::Reliable, b"meanwhile").await;
    let resumed = a.wait(|event| match event {
        Event::Reconnected { resumed } => Some(resumed),
        _ => None,
    });
    assert!(resumed.await);
    let mut got = Vec::new();
    let last = async {
        send(&a, Kind::Reliable, b"after").await;
        while got.last().map(Vec::as_slice) != Some(b"after") {
            got.push(data(&mut b).await.2);
        }
    };
    last.await;
    assert_eq!(got, [b"meanwhile".to_vec(), b"after".to_vec()]);
    while b.receiver.rtp.try_recv().is_ok() {}
    a.talk(&cid, b.packets(&sid, 20)).await;
    let b_tracks = b
        .room
        .call(|p, _| p.remotes()["a"].sid.clone())
        .await
        .unwrap();
    assert_eq!(b_tracks, a.joined.local.sid);
}

#[tokio::test]
async fn a_lost_websocket_is_resumed_on_a_single_peer_connection() {
    resumes(true).await;
}

#[tokio::test]
async fn a_lost_websocket_is_resumed_on_dual_peer_connections() {
    resumes(false).await;
}

/// After a fault that the server plays, audio and data go on.
async fn survives(scenario: Scenario, single: bool) -> bool {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "fault", "a", single).await;
    let mut b = Peer::join(&server, "fault", "b", single).await;
    let (cid, sid) = a.publish("voice").await;
    b.subscribed().await;
    a.talk(&cid, b.packets(&sid, 5)).await;
    let fault = a.room.call(move |p, now| p.simulate(now, scenario));
    fault.await.unwrap().unwrap();
    let resumed = a.wait(|event| match event {
        Event::Reconnected { resumed } => Some(resumed),
        _ => None,
    });
    let resumed = resumed.await;
    let mut track = sid;
    if !resumed {
        let again = b.wait(|event| match event {
            Event::TrackSubscribed(_, sid) => Some(sid),
            _ => None,
        });
        track = a.talk(&cid, again).await;
    }
    while b.receiver.rtp.try_recv().is_ok() {}
    a.talk(&cid, b.packets(&track, 20)).await;
    send(&a, Kind::Reliable, b"after").await;
    assert_eq!(data(&mut b).await.2, b"after");
    resumed
}

#[tokio::test]
async fn a_migration_is_followed() {
    survives(Scenario::Migration(true), true).await;
    survives(Scenario::Migration(true), false).await;
}

#[tokio::test]
async fn a_failed_node_is_left_for_another() {
    survives(Scenario::NodeFailure(true), true).await;
    survives(Scenario::NodeFailure(true), false).await;
}

#[tokio::test]
async fn a_server_that_stands_still_is_resumed_or_joined_anew() {
    for single in [true, false] {
        let server = Server::start().await;
        let mut a = Peer::join(&server, "frozen", "a", single).await;
        let (cid, _) = a.publish("voice").await;
        server.signal("STOP");
        a.wait(|event| matches!(event, Event::Reconnecting).then_some(()))
            .await;
        server.signal("CONT");
        a.wait(|event| matches!(event, Event::Reconnected { .. }).then_some(()))
            .await;
        let mut b = Peer::join(&server, "frozen", "b", single).await;
        let (_, sid) = b.subscribed().await;
        a.talk(&cid, b.packets(&sid, 20)).await;
    }
}
