//! Audio in both directions.

use parlor_rtc::participant::{Event, TrackOptions};

use crate::peer::{Peer, frame, number, options};
use crate::server::Server;

/// Two participants hear each other; what arrives is what was sent.
async fn hear_each_other(singles: [bool; 2]) {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "hearing", "a", singles[0]).await;
    let mut b = Peer::join(&server, "hearing", "b", singles[1]).await;
    for (peer, single) in [(&a, singles[0]), (&b, singles[1])] {
        assert_eq!(peer.joined.single_peer_connection, single);
    }
    let (cid_a, sid_a) = a.publish("from a").await;
    let (cid_b, sid_b) = b.publish("from b").await;
    assert_eq!(b.subscribed().await, ("a".to_owned(), sid_a.clone()));
    assert_eq!(a.subscribed().await, ("b".to_owned(), sid_b.clone()));
    let (room_a, room_b) = (a.room.clone(), b.room.clone());
    let talking = tokio::spawn(async move {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
        for at in 0..2_000 {
            tick.tick().await;
            let _ = room_a.send_frame(&cid_a, frame(at));
            let _ = room_b.send_frame(&cid_b, frame(at));
        }
    });
    for (peer, track) in [(&mut a, &sid_b), (&mut b, &sid_a)] {
        let mut packets = peer.packets(track, 100).await;
        packets.sort_by_key(|packet| packet.sequence);
        for pair in packets.windows(2) {
            let frames = number(&pair[1]) - number(&pair[0]);
            assert_eq!(pair[1].sequence - pair[0].sequence, u64::from(frames));
            assert_eq!(
                pair[1].timestamp.wrapping_sub(pair[0].timestamp),
                960 * frames
            );
        }
        for packet in &packets {
            assert_eq!(packet.payload, frame(number(packet)).payload);
        }
    }
    talking.abort();
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let stats = a.room.call(|p, _| p.stats()).await.unwrap();
    assert!(stats.sent[0].1.packets >= 100, "{stats:?}");
    assert!(stats.received[0].1.packets >= 100, "{stats:?}");
    a.room.close().await;
    b.room.close().await;
}

#[tokio::test]
async fn two_participants_hear_each_other_on_single_peer_connections() {
    hear_each_other([true, true]).await;
}

#[tokio::test]
async fn two_participants_hear_each_other_on_dual_peer_connections() {
    hear_each_other([false, false]).await;
}

#[tokio::test]
async fn participants_on_single_and_dual_peer_connections_hear_each_other() {
    hear_each_other([true, false]).await;
}

#[tokio::test]
async fn a_track_is_published_with_the_join() {
    let server = Server::start().await;
    let mut b = Peer::join(&server, "early", "b", true).await;
    let mut early = options(true);
    early.tracks = vec![TrackOptions::microphone("early")];
    let mut a = Peer::join_with(&server, &server.token("early", "a"), early).await;
    let cids = a
        .room
        .call(|p, _| p.client_ids().map(str::to_owned).collect::<Vec<_>>());
    let cid = cids.await.unwrap().remove(0);
    let (cid, sid) = a.published(&cid).await;
    let heard = async {
        assert_eq!(b.subscribed().await, ("a".to_owned(), sid.clone()));
        b.packets(&sid, 10).await;
    };
    a.talk(&cid, heard).await;
}

#[tokio::test]
async fn frames_of_a_muted_track_are_dropped() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "mute", "a", true).await;
    let mut b = Peer::join(&server, "mute", "b", true).await;
    let (cid, sid) = a.publish("voice").await;
    b.subscribed().await;
    a.talk(&cid, b.packets(&sid, 5)).await;
    for muted in [true, false] {
        let cid = cid.clone();
        a.room
            .call(move |p, now| p.mute(now, &cid, muted))
            .await
            .unwrap();
        let heard = b
            .wait(|event| match event {
                Event::TrackMuted { track, muted, .. } => Some((track, muted)),
                _ => None,
            })
            .await;
        assert_eq!(heard, (sid.clone(), muted));
        if muted {
            while b.receiver.rtp.try_recv().is_ok() {}
            let silence = async {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            };
            a.talk(&cid_of(&a).await, silence).await;
            while let Ok(packet) = b.receiver.rtp.try_recv() {
                // The server may fill a pause with silence of its own.
                assert_ne!(packet.payload[0], frame(0).payload[0], "{packet:?}");
            }
        }
    }
    let mut later = a.talk(&cid, b.packets(&sid, 5)).await;
    later.retain(|packet| packet.payload[0] == frame(0).payload[0]);
    assert!(!later.is_empty());
}

async fn cid_of(peer: &Peer) -> std::sync::Arc<str> {
    let cid = peer
        .room
        .call(|p, _| p.client_ids().next().map(str::to_owned));
    cid.await.unwrap().unwrap().into()
}

#[tokio::test]
async fn a_subscription_ends_and_begins_again() {
    let server = Server::start().await;
    for single in [true, false] {
        let name = format!("subscription-{single}");
        let mut a = Peer::join(&server, &name, "a", single).await;
        let mut b = Peer::join(&server, &name, "b", single).await;
        let (cid, sid) = a.publish("voice").await;
        b.subscribed().await;
        a.talk(&cid, b.packets(&sid, 5)).await;
        let track = sid.clone();
        let request = b.room.call(move |p, now| p.subscribe(now, &track, false));
        request.await.unwrap().unwrap();
        let ended = b.wait(|event| match event {
            Event::TrackUnsubscribed(_, track) => Some(track),
            _ => None,
        });
        assert_eq!(ended.await, sid);
        a.talk(
            &cid,
            tokio::time::sleep(std::time::Duration::from_millis(500)),
        )
        .await;
        while b.receiver.rtp.try_recv().is_ok() {}
        a.talk(
            &cid,
            tokio::time::sleep(std::time::Duration::from_millis(300)),
        )
        .await;
        assert!(b.receiver.rtp.try_recv().is_err(), "RTP after the end");
        let track = sid.clone();
        let request = b.room.call(move |p, now| p.subscribe(now, &track, true));
        request.await.unwrap().unwrap();
        b.subscribed().await;
        a.talk(&cid, b.packets(&sid, 5)).await;
    }
}

#[tokio::test]
async fn an_unpublished_track_ends_and_another_takes_its_place() {
    let server = Server::start().await;
    let mut a = Peer::join(&server, "again", "a", true).await;
    let mut b = Peer::join(&server, "again", "b", true).await;
    let mut former = String::new();
    for round in 0..3 {
        let (cid, sid) = a.publish(&format!("voice {round}")).await;
        assert_ne!(sid, former);
        assert_eq!(b.subscribed().await, ("a".to_owned(), sid.clone()));
        a.talk(&cid, b.packets(&sid, 5)).await;
        let gone = cid.clone();
        assert!(
            a.room
                .call(move |p, now| p.unpublish(now, &gone))
                .await
                .unwrap()
        );
        let ended = b.wait(|event| match event {
            Event::TrackUnpublished(_, track) => Some(track),
            _ => None,
        });
        assert_eq!(ended.await, sid);
        former = sid;
    }
}
