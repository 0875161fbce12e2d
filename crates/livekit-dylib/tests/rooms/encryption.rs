//! End-to-end encryption.

use livekit_dylib::E2eeOptions;
use livekit_dylib::e2ee::EncryptionType;
use livekit_dylib::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;

use crate::audio::subscribed;
use crate::support::sound::{RATE, Tone, frames_with, hear};
use crate::support::{Member, Server, run};

async fn member(server: &Server, identity: &str, keys: &KeyProvider) -> Member {
    let mut options = RoomOptions::default();
    options.encryption = Some(E2eeOptions {
        encryption_type: EncryptionType::Gcm,
        key_provider: keys.clone(),
    });
    Member::join_as(server, &server.token("secret", identity), options).await
}

fn shared(key: &[u8]) -> KeyProvider {
    KeyProvider::with_shared_key(KeyProviderOptions::default(), key.to_vec())
}

#[test]
fn a_participant_with_the_key_hears() {
    run(async {
        let server = Server::start().await;
        let keys = shared(b"a key that two share");
        let alice = member(&server, "alice", &keys).await;
        let mut bob = member(&server, "bob", &keys).await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, ..) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_participant_with_another_key_hears_nothing() {
    run(async {
        let server = Server::start().await;
        let alice = member(&server, "alice", &shared(b"a key that two share")).await;
        let mut bob = member(&server, "bob", &shared(b"another key")).await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, ..) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        // Audio that arrives before the native core has attached its cryptor is played as noise.
        let heard = frames_with(&mut stream, 440.0, 200).await;
        assert!(heard < 20, "the tone was in {heard} of 200 frames");
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}
