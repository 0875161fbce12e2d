//! Participants: their descriptions, permissions and events.

use std::collections::HashMap;

use livekit_dylib::ParticipantKind;
use livekit_dylib::participant::ParticipantTrackPermission;
use livekit_dylib::prelude::*;

use crate::audio::subscribed;
use crate::support::sound::Tone;
use crate::support::{Member, ParticipantState, Server, pair, run, settle};

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
        assert_eq!(bob.connection_state(), ConnectionState::Connected);
        assert_eq!(bob.name(), "there");
        assert!(bob.sid().await.as_str().starts_with("RM_"));
        let me = bob.local_participant();
        assert_eq!(
            (me.identity().as_str(), me.kind()),
            ("bob", ParticipantKind::Standard)
        );
        assert!(me.sid().as_str().starts_with("PA_") && me.joined_at() > 0);
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

/// Waits for three changes of `alice`: attributes, metadata and name.
async fn sees_changes(member: &mut Member) {
    let attributes = |event| match event {
        RoomEvent::ParticipantAttributesChanged {
            participant,
            changed_attributes,
        } => Some((participant.identity(), changed_attributes)),
        _ => None,
    };
    let (who, changed) = member.wait("changed attributes", attributes).await;
    assert_eq!(
        (who.as_str(), changed["lk.agent.state"].as_str()),
        ("alice", "listening")
    );
    let metadata = |event| match event {
        RoomEvent::ParticipantMetadataChanged {
            old_metadata,
            metadata,
            ..
        } => Some((old_metadata, metadata)),
        _ => None,
    };
    assert_eq!(
        member.wait("changed metadata", metadata).await,
        (String::new(), "{\"a\":1}".to_owned())
    );
    let name = |event| match event {
        RoomEvent::ParticipantNameChanged { old_name, name, .. } => Some((old_name, name)),
        _ => None,
    };
    assert_eq!(
        member.wait("a changed name", name).await,
        (String::new(), "Alice".to_owned())
    );
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
        me.set_metadata("{\"a\":1}".into()).await.unwrap();
        me.set_name("Alice".into()).await.unwrap();
        for member in [&mut alice, &mut bob] {
            sees_changes(member).await;
        }
        let seen = bob
            .room
            .remote_participants()
            .remove(&"alice".into())
            .unwrap();
        assert_eq!(
            (seen.name(), seen.metadata()),
            ("Alice".to_owned(), "{\"a\":1}".to_owned())
        );
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
            .set_metadata("x".into())
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
        assert_eq!(alice.meets("bob").await.state(), ParticipantState::Active);
        bob.leave().await;
        let went = |event| {
            if let RoomEvent::ParticipantDisconnected(who) = event {
                Some(who)
            } else {
                None
            }
        };
        let gone = alice.wait("bob leaving", went).await;
        assert_eq!(gone.state(), ParticipantState::Disconnected);
        assert_eq!(gone.disconnect_reason(), DisconnectReason::ClientInitiated);
        assert_eq!(
            seen.state(),
            ParticipantState::Disconnected,
            "clones share their state"
        );
        alice.leave().await;
    });
}

#[test]
fn a_track_without_subscription_permission_is_not_subscribed() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "private").await;
        let me = alice.room.local_participant();
        me.set_track_subscription_permissions(false, Vec::new())
            .await
            .unwrap();
        let tone = Tone::publish(&alice.room, 440.0).await;
        let published = |event| {
            if let RoomEvent::TrackPublished { publication, .. } = event {
                Some(publication)
            } else {
                None
            }
        };
        let publication = bob.wait("the track published", published).await;
        assert!(!publication.is_subscribed());
        let bob_only = ParticipantTrackPermission {
            participant_identity: "bob".into(),
            allow_all: true,
            allowed_track_sids: Vec::new(),
        };
        me.set_track_subscription_permissions(false, vec![bob_only])
            .await
            .unwrap();
        let (track, ..) = subscribed(&mut bob).await;
        assert_eq!(track.sid(), publication.sid());
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn the_server_reports_active_speakers() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "speaking").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let speaking = |event| match event {
            RoomEvent::ActiveSpeakersChanged { speakers } if !speakers.is_empty() => {
                Some(speakers[0].clone())
            }
            _ => None,
        };
        let speaker = bob.wait("a speaker", speaking).await;
        assert_eq!(speaker.identity().as_str(), "alice");
        assert!(speaker.is_speaking());
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}
