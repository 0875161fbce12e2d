//! Transcriptions and DTMF.

use livekit_dylib::ParticipantKind;
use livekit_dylib::prelude::*;

use crate::audio::subscribed;
use crate::support::sound::Tone;
use crate::support::{Member, Server, pair, run};

#[test]
fn legacy_transcriptions_need_a_track() {
    run(async {
        let server = Server::start().await;
        // The server forwards transcriptions of agents only.
        let token = server.agent_token("transcript", "alice");
        let alice = Member::join_with(&server, &token).await;
        let mut bob = Member::join(&server, "transcript", "bob").await;
        bob.meets("alice").await;
        server.active("transcript", 2).await;
        let me = alice.room.local_participant();
        assert_eq!(me.kind(), ParticipantKind::Agent);
        let tone = Tone::publish(&alice.room, 440.0).await;
        subscribed(&mut bob).await;
        let segment = TranscriptionSegment {
            id: "SG_1".into(),
            text: "grüß dich".into(),
            r#final: true,
            ..TranscriptionSegment::default()
        };
        let transcription = |track_id: String| Transcription {
            participant_identity: "alice".into(),
            track_id,
            segments: vec![segment.clone()],
        };
        me.publish_transcription(transcription(tone.publication.sid().to_string()))
            .await
            .unwrap();
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
            RoomEvent::SipDTMFReceived { digit } => Some(digit),
            _ => None,
        };
        assert_eq!(bob.wait("a key", pressed).await.as_deref(), Some("#"));
        alice.leave().await;
        bob.leave().await;
    });
}
