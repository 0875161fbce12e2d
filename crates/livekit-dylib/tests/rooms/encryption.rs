//! End-to-end encryption.

use livekit_dylib::E2eeOptions;
use livekit_dylib::e2ee::EncryptionType;
use livekit_dylib::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;
use livekit_dylib::webrtc::stats::RtcStats;

use crate::audio::subscribed;
use crate::support::sound::{RATE, Tone, frames_with, hear};
use crate::support::{DEADLINE, Member, Server, run};

async fn member(server: &Server, identity: &str, keys: &KeyProvider) -> Member {
    let mut options = RoomOptions::default();
    options.encryption = Some(E2eeOptions {
        encryption_type: EncryptionType::Gcm,
        key_provider: keys.clone(),
    });
    Member::join_as(server, &server.token("secret", identity), options).await
}

fn shared(key: &[u8]) -> KeyProvider {
    let options = KeyProviderOptions {
        // A receiver that tries ratcheted keys restores its old key afterwards, overwriting a key
        // that was set in the meantime.
        ratchet_window_size: 0,
        ..KeyProviderOptions::default()
    };
    KeyProvider::with_shared_key(options, key.to_vec())
}

async fn packets(track: &RemoteAudioTrack) -> u64 {
    let stats = track.get_stats().await.unwrap();
    let received = stats.into_iter().find_map(|record| match record {
        RtcStats::InboundRtp(stream) => Some(stream.received.packets_received),
        _ => None,
    });
    received.unwrap_or_default()
}

#[test]
fn a_participant_with_the_key_hears() {
    run(async {
        let server = Server::start().await;
        let keys = shared(b"a key that two share");
        let alice = member(&server, "alice", &keys).await;
        let mut bob = member(&server, "bob", &keys).await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, publication, _) = subscribed(&mut bob).await;
        assert_eq!(publication.encryption_type(), EncryptionType::Gcm);
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;

        let manager = bob.room.e2ee_manager();
        assert!(manager.enabled() && manager.is_dc_encryption_enabled());
        let cryptors = manager.frame_cryptors();
        let cryptor = &cryptors[&("alice".into(), tone.publication.sid())];
        assert_eq!(
            (cryptor.participant_id().as_str(), cryptor.key_index()),
            ("alice", 0)
        );
        assert!(cryptor.enabled());
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_participant_with_another_key_hears_only_after_setting_the_right_one() {
    run(async {
        let server = Server::start().await;
        let keys = shared(b"a key that two share");
        let alice = member(&server, "alice", &keys).await;
        let wrong = shared(b"another key");
        let mut bob = member(&server, "bob", &wrong).await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, ..) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        let encrypted = async { while packets(&track).await < 50 {} };
        tokio::time::timeout(DEADLINE, encrypted).await.unwrap();
        // Audio that arrives before the native core has attached its cryptor is played as noise.
        let heard = frames_with(&mut stream, 440.0, 100).await;
        assert!(heard < 10, "the tone was in {heard} of 100 frames");
        wrong.set_shared_key(b"a key that two share".to_vec(), 0);
        hear(&mut stream, 440.0).await;
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_ratcheted_key_is_returned_and_stored() {
    run(async {
        let server = Server::start().await;
        let keys = shared(b"the first key");
        let alice = member(&server, "alice", &keys).await;
        let new = keys.ratchet_shared_key(0).unwrap();
        assert_ne!(new, b"the first key");
        assert_eq!(keys.get_shared_key(0), Some(new));
        alice.leave().await;
    });
}
