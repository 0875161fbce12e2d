//! Participants: their descriptions, permissions and events.

use std::collections::HashMap;

use livekit_api::services::room::UpdateParticipantOptions;
use livekit_dylib::ParticipantKind;
use livekit_dylib::prelude::*;

use crate::audio::subscribed;
use crate::support::sound::Tone;
use crate::support::{Member, Server, pair, run, settle};

#[test]
fn a_joined_room_lists_participants_with_their_tracks() {
    run(async {
        let server = Server::start().await;
        let mut carol = Member::join(&server, "there", "carol").await;
        let alice = Member::join(&server, "there", "alice").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        // The server announces a track once its media flows.
        subscribed(&mut carol).await;
        carol.leave().await;
        let (bob, mut events) = Room::connect(
            &server.url(),
            &server.token("there", "bob"),
            RoomOptions::default(),
        )
        .await
        .unwrap();
        match events.recv().await {
            Some(RoomEvent::Connected {
                participants_with_tracks,
            }) => {
                let (_, tracks) = participants_with_tracks
                    .iter()
                    .find(|(who, _)| who.identity().as_str() == "alice")
                    .unwrap();
                assert_eq!(tracks[0].sid(), tone.publication.sid());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(bob.name(), "there");
        let me = bob.local_participant();
        assert_eq!(
            (me.identity().as_str(), me.kind()),
            ("bob", ParticipantKind::Standard)
        );
        assert!(me.joined_at() > 0);
        assert!(
            me.permission()
                .is_some_and(|permission| permission.can_publish)
        );
        bob.close().await.unwrap();
        drop(events);
        tone.stop().await;
        alice.leave().await;
    });
}

#[test]
fn attributes_metadata_and_name_reach_both_participants() {
    run(async {
        let server = Server::start().await;
        let (mut alice, mut bob) = pair(&server, "words").await;
        let me = alice.room.local_participant();
        me.set_attributes(HashMap::from([(
            "lk.agent.state".into(),
            "listening".into(),
        )]))
        .await
        .unwrap();
        for member in [&mut alice, &mut bob] {
            let changed = |event| match event {
                RoomEvent::ParticipantAttributesChanged { participant } => Some(participant),
                _ => None,
            };
            let who = member.wait("changed attributes", changed).await;
            assert_eq!(who.identity().as_str(), "alice");
            assert_eq!(who.attributes()["lk.agent.state"], "listening");
        }
        let update = UpdateParticipantOptions {
            metadata: "{\"a\":1}".to_owned(),
            name: "Alice".to_owned(),
            ..UpdateParticipantOptions::default()
        };
        let rooms = server.rooms();
        rooms
            .update_participant("words", "alice", update)
            .await
            .unwrap();
        let seen = bob
            .room
            .remote_participants()
            .remove(&"alice".into())
            .unwrap();
        settle(
            || seen.name() == "Alice" && seen.metadata() == "{\"a\":1}",
            "the name and metadata have not changed",
        )
        .await;
        assert_eq!(seen.attributes()["lk.agent.state"], "listening");
        assert_eq!(me.attributes()["lk.agent.state"], "listening");

        me.set_attributes(HashMap::from([("lk.agent.state".into(), String::new())]))
            .await
            .unwrap();
        settle(
            || !seen.attributes().contains_key("lk.agent.state"),
            "the removed attribute is still present",
        )
        .await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn changes_without_permission_fail_with_the_servers_reason() {
    run(async {
        let server = Server::start().await;
        let token = server.token_with("strict", "alice", |grants| {
            grants.can_update_own_metadata = Some(false)
        });
        let (room, events) = Room::connect(&server.url(), &token, RoomOptions::default())
            .await
            .unwrap();
        let error = room
            .local_participant()
            .set_attributes(HashMap::from([("a".into(), "b".into())]))
            .await
            .unwrap_err();
        assert!(matches!(error, RoomError::Request { .. }), "{error:?}");
        room.close().await.unwrap();
        drop(events);
    });
}

#[test]
fn a_participant_joins_and_leaves() {
    run(async {
        let server = Server::start().await;
        let mut alice = Member::join(&server, "door", "alice").await;
        let bob = Member::join(&server, "door", "bob").await;
        let came = |event| {
            if let RoomEvent::ParticipantConnected(who) = event {
                Some(who)
            } else {
                None
            }
        };
        let seen = alice.wait("bob joining", came).await;
        assert_eq!(seen.identity().as_str(), "bob");
        bob.leave().await;
        let went = |event| {
            if let RoomEvent::ParticipantDisconnected(who) = event {
                Some(who)
            } else {
                None
            }
        };
        let gone = alice.wait("bob leaving", went).await;
        assert_eq!(gone.disconnect_reason(), DisconnectReason::ClientInitiated);
        assert_eq!(
            seen.disconnect_reason(),
            DisconnectReason::ClientInitiated,
            "clones share their state"
        );
        alice.leave().await;
    });
}
