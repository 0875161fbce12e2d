//! Data packets, transcriptions, DTMF and chat messages.

use livekit_dylib::ParticipantKind;
use livekit_dylib::prelude::*;

use crate::audio::subscribed;
use crate::support::sound::Tone;
use crate::support::{Member, Server, pair, run};

#[test]
fn data_packets_arrive_with_their_topic() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "data").await;
        for (payload, reliable) in [
            (vec![1u8, 2, 3], true),
            (Vec::new(), true),
            (vec![9; 12_000], true),
            (vec![7], false),
        ] {
            let packet = DataPacket {
                payload: payload.clone(),
                topic: Some("t".into()),
                reliable,
                destination_identities: vec!["bob".into()],
            };
            alice
                .room
                .local_participant()
                .publish_data(packet)
                .await
                .unwrap();
            let data = |event| match event {
                RoomEvent::DataReceived {
                    payload,
                    topic,
                    kind,
                    participant,
                } => Some((payload, topic, kind, participant)),
                _ => None,
            };
            let (got, topic, kind, participant) = bob.wait("data", data).await;
            assert_eq!(*got, payload);
            assert_eq!(
                (topic.as_deref(), kind == DataPacketKind::Reliable),
                (Some("t"), reliable)
            );
            assert_eq!(participant.unwrap().identity().as_str(), "alice");
        }
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn data_from_the_server_has_no_participant() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "server-data").await;
        server
            .rooms()
            .send_data("server-data", b"hello".to_vec(), Default::default())
            .await
            .unwrap();
        let data = |event| match event {
            RoomEvent::DataReceived {
                payload,
                participant,
                ..
            } => Some((payload, participant)),
            _ => None,
        };
        let (payload, participant) = bob.wait("data", data).await;
        assert_eq!(*payload, b"hello");
        assert!(participant.is_none());
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn legacy_transcriptions_arrive() {
    run(async {
        let server = Server::start().await;
        // The server forwards transcriptions of agents only.
        let token = server.agent_token("transcript", "alice");
        let alice = Member::join_with(&server, &token).await;
        let mut bob = Member::join(&server, "transcript", "bob").await;
        bob.meets("alice").await;
        let me = alice.room.local_participant();
        assert_eq!(me.kind(), ParticipantKind::Agent);
        let tone = Tone::publish(&alice.room, 440.0).await;
        subscribed(&mut bob).await;
        let segment = TranscriptionSegment {
            id: "SG_1".into(),
            text: "grüß dich".into(),
            start_time: 1,
            end_time: 2,
            r#final: true,
            language: "de".into(),
        };
        let transcription = |track_id: String| Transcription {
            participant_identity: "alice".into(),
            track_id,
            segments: vec![segment.clone()],
        };
        me.publish_transcription(transcription(tone.publication.sid().to_string()))
            .await
            .unwrap();
        let transcript = |event| match event {
            RoomEvent::TranscriptionReceived {
                participant,
                track_publication,
                segments,
            } => Some((participant, track_publication, segments)),
            _ => None,
        };
        let (participant, publication, segments) = bob.wait("a transcript", transcript).await;
        assert_eq!(publication.unwrap().sid(), tone.publication.sid());
        assert_eq!(participant.unwrap().identity().as_str(), "alice");
        let got = &segments[0];
        assert_eq!(
            (got.id.as_str(), got.text.as_str(), got.language.as_str()),
            ("SG_1", "grüß dich", "de")
        );
        assert_eq!((got.start_time, got.end_time, got.r#final), (1, 2, true));

        // The native core of a receiver would stop handling its room.
        me.publish_transcription(transcription(String::new()))
            .await
            .expect_err("a transcription without a track must be rejected");
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn dtmf_tones_arrive() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "keys").await;
        let key = SipDTMF {
            code: 11,
            digit: "#".into(),
            destination_identities: Vec::new(),
        };
        alice
            .room
            .local_participant()
            .publish_dtmf(key)
            .await
            .unwrap();
        let pressed = |event| match event {
            RoomEvent::SipDTMFReceived {
                code,
                digit,
                participant,
            } => Some((code, digit, participant)),
            _ => None,
        };
        let (code, digit, participant) = bob.wait("a key", pressed).await;
        assert_eq!((code, digit.as_deref()), (11, Some("#")));
        assert_eq!(participant.unwrap().identity().as_str(), "alice");
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn legacy_chat_messages_arrive() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "chat").await;
        let me = alice.room.local_participant();
        let sent = me.send_chat_message("hi".into(), None, None).await.unwrap();
        let edited = me
            .edit_chat_message("hello".into(), sent.clone(), None, None)
            .await
            .unwrap();
        assert_eq!(edited.id, sent.id);
        for expected in ["hi", "hello"] {
            let chat = |event| {
                if let RoomEvent::ChatMessage { message, .. } = event {
                    Some(message)
                } else {
                    None
                }
            };
            let got = bob.wait("a chat message", chat).await;
            assert_eq!(
                (got.id.as_str(), got.message.as_str()),
                (sent.id.as_str(), expected)
            );
        }
        alice.leave().await;
        bob.leave().await;
    });
}
