//! Data, changes of participants and the end of a room.

use std::collections::HashMap;

use livekit_protocol as proto;
use livekit_protocol::data_packet::{Kind, Value};
use parlor_rtc::edge::connect;
use parlor_rtc::participant::{Event, Failure};

use crate::peer::{Peer, options};
use crate::server::Server;

pub(crate) fn user(payload: &[u8]) -> proto::DataPacket {
    proto::DataPacket {
        value: Some(Value::User(proto::UserPacket {
            payload: payload.to_vec(),
            topic: Some("t".to_owned()),
            ..proto::UserPacket::default()
        })),
        ..proto::DataPacket::default()
    }
}

pub(crate) async fn send(peer: &Peer, kind: Kind, payload: &[u8]) {
    let packet = user(payload);
    let sent = peer.room.call(move |p, now| p.send_data(now, kind, packet));
    sent.await.unwrap().unwrap();
}

/// Waits for user data; returns its kind, sender and payload.
pub(crate) async fn data(peer: &mut Peer) -> (Kind, String, Vec<u8>) {
    peer.wait(|event| match event {
        Event::Data(kind, packet) => match packet.value {
            Some(Value::User(user)) => Some((kind, packet.participant_identity, user.payload)),
            _ => None,
        },
        _ => None,
    })
    .await
}

async fn exchange_data(single: bool) {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "data", "a", single).await;
    let mut b = Peer::join(&server, "data", "b", single).await;
    send(&a, Kind::Reliable, b"from a").await;
    let expected = (Kind::Reliable, "a".to_owned(), b"from a".to_vec());
    assert_eq!(data(&mut b).await, expected);
    send(&b, Kind::Reliable, b"from b").await;
    let expected = (Kind::Reliable, "b".to_owned(), b"from b".to_vec());
    assert_eq!(data(&mut a).await, expected);
    // The channel of a reliable packet that came is up; so is the lossy one beside it.
    send(&a, Kind::Lossy, b"lossy").await;
    assert_eq!(data(&mut b).await.0, Kind::Lossy);
    // More than the channel buffers at once keeps its order.
    for number in 0..200u32 {
        let mut payload = vec![0; 15_000];
        payload[..4].copy_from_slice(&number.to_be_bytes());
        send(&a, Kind::Reliable, &payload).await;
    }
    for number in 0..200u32 {
        let (_, _, payload) = data(&mut b).await;
        assert_eq!(payload[..4], number.to_be_bytes());
    }
}

#[tokio::test]
async fn data_packets_go_both_ways_on_single_peer_connections() {
    exchange_data(true).await;
}

#[tokio::test]
async fn data_packets_go_both_ways_on_dual_peer_connections() {
    exchange_data(false).await;
}

#[tokio::test]
async fn participants_come_change_and_leave() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "people", "a", true).await;
    let b = Peer::join(&server, "people", "b", true).await;
    assert_eq!(b.joined.participants[0].identity, "a");
    assert_eq!(b.joined.room.name, "people");
    let came = a.wait(|event| match event {
        Event::ParticipantConnected(info) => Some(info.identity),
        _ => None,
    });
    assert_eq!(came.await, "b");
    let attributes = HashMap::from([("mood".to_owned(), "good".to_owned())]);
    let update = b
        .room
        .call(|p, now| p.update(now, "Bea".into(), "{}".into(), attributes));
    let id = update.await.unwrap().unwrap();
    let changed = a.wait(|event| match event {
        Event::AttributesChanged { changed, .. } => Some(changed),
        _ => None,
    });
    assert_eq!(changed.await["mood"], "good");
    let mut b = b;
    let response = b.wait(|event| match event {
        Event::Response { id, reason, .. } => Some((id, reason)),
        _ => None,
    });
    assert_eq!(response.await, (id, proto::request_response::Reason::Ok));
    b.room.close().await;
    let left = a.wait(|event| match event {
        Event::ParticipantDisconnected(identity, reason) => Some((identity, reason)),
        _ => None,
    });
    let expected = ("b".to_owned(), proto::DisconnectReason::ClientInitiated);
    assert_eq!(left.await, expected);
}

#[tokio::test]
async fn the_server_mutes_a_track_and_changes_a_permission() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "power", "a", true).await;
    let (_, sid) = a.publish("voice").await;
    let rooms = server.rooms();
    rooms
        .mute_published_track("power", "a", &sid, true)
        .await
        .unwrap();
    let muted = a.wait(|event| match event {
        Event::LocalTrackMuted { muted, .. } => Some(muted),
        _ => None,
    });
    assert!(muted.await);
    let update = livekit_api::services::room::UpdateParticipantOptions {
        permission: Some(proto::ParticipantPermission {
            can_subscribe: true,
            can_publish: false,
            ..proto::ParticipantPermission::default()
        }),
        ..Default::default()
    };
    rooms
        .update_participant("power", "a", update)
        .await
        .unwrap();
    let permission = a.wait(|event| match event {
        Event::PermissionChanged(identity, Some(permission)) if identity == "a" => Some(permission),
        _ => None,
    });
    assert!(!permission.await.can_publish);
    let track = parlor_rtc::participant::TrackOptions::microphone("second");
    a.room
        .call(move |p, now| p.publish(now, track))
        .await
        .unwrap()
        .unwrap();
    a.wait(|event| match event {
        Event::PublishFailed(_, why) => Some(why),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn a_deleted_room_ends_it() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "deleted", "a", true).await;
    server.rooms().delete_room("deleted").await.unwrap();
    let end = a.wait(|event| match event {
        Event::Disconnected(end) => Some(end),
        _ => None,
    });
    assert_eq!(end.await.reason, proto::DisconnectReason::RoomDeleted);
    assert!(a.receiver.events.recv().await.is_none());
    assert!(a.room.call(|p, _| p.is_closed()).await.is_err());
}

#[tokio::test]
async fn a_second_participant_of_the_same_identity_ends_the_first() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "twice", "a", true).await;
    let _second = Peer::join(&server, "twice", "a", true).await;
    let end = a.wait(|event| match event {
        Event::Disconnected(end) => Some(end),
        _ => None,
    });
    assert_eq!(end.await.reason, proto::DisconnectReason::DuplicateIdentity);
}

#[tokio::test]
async fn joins_that_cannot_succeed_say_why() {
    let mut server = Server::start().await;
    let token = server.token("refused", "a");
    let forged = connect(&server.url(), "forged", options(true)).await;
    assert_eq!(forged.unwrap_err().failure, Some(Failure::Status(401)));
    let address = connect("nonsense", &token, options(true)).await;
    assert!(matches!(
        address.unwrap_err().failure,
        Some(Failure::Address(_))
    ));
    let url = server.url();
    server.kill();
    let nobody = connect(&url, &token, options(true)).await;
    assert!(matches!(
        nobody.unwrap_err().failure,
        Some(Failure::Dial(_))
    ));
}

#[tokio::test]
async fn dropping_the_room_leaves_it() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "dropped", "a", true).await;
    let b = Peer::join(&server, "dropped", "b", true).await;
    let came = a.wait(|event| matches!(event, Event::ParticipantConnected(_)).then_some(()));
    came.await;
    drop(b);
    let left = a.wait(|event| match event {
        Event::ParticipantDisconnected(identity, reason) => Some((identity, reason)),
        _ => None,
    });
    let expected = ("b".to_owned(), proto::DisconnectReason::ClientInitiated);
    assert_eq!(left.await, expected);
}

#[tokio::test]
async fn queues_that_nobody_reads_drop_and_count() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "unread", "a", true).await;
    let mut b = Peer::join(&server, "unread", "b", true).await;
    let (cid, _) = a.publish("voice").await;
    b.subscribed().await;
    while b.room.dropped().packets == 0 {
        // Faster than real time, so that the queue of the receiver is soon full.
        for number in 0..50 {
            let _ = a.room.send_frame(&cid, crate::peer::frame(number));
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for number in 0..500 {
        let _ = a.room.send_frame(&cid, crate::peer::frame(number));
    }
    assert!(a.room.dropped().frames > 0);
    assert!(b.room.call(|p, _| p.is_connected()).await.unwrap());
}
