//! Arguments that would make the native core end the process are rejected beforehand.

use futures_util::StreamExt as _;
use livekit_dylib::options::TrackPublishOptions;
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_frame::AudioFrame;
use livekit_dylib::webrtc::audio_source::AudioSourceOptions;
use livekit_dylib::webrtc::audio_source::native::NativeAudioSource;
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;

use crate::support::sound::{Tone, silence};
use crate::support::{Member, Server, pair, run};

#[test]
fn sources_with_unsupported_formats_reject_frames() {
    run(async {
        let wrong = [
            (24_000, 1, 15),
            (24_000, 1, u32::MAX),
            (0, 1, 100),
            (24_000, 0, 100),
            (24_000, 3, 100),
        ];
        for (rate, channels, queue) in
            wrong
                .into_iter()
                .chain([(44_123, 1, 100), (u32::MAX, 1, 100), (7_900, 1, 100)])
        {
            let source =
                NativeAudioSource::new(AudioSourceOptions::default(), rate, channels, queue);
            let frame = AudioFrame {
                data: vec![0; 240].into(),
                sample_rate: rate,
                num_channels: channels,
                samples_per_channel: 240,
            };
            let error = source
                .capture_frame(&frame)
                .await
                .expect_err("a source with an unsupported format must reject frames");
            assert!(!error.message.is_empty());
            source.clear_buffer();
        }
    });
}

#[test]
fn mismatched_frames_are_rejected() {
    run(async {
        let source = NativeAudioSource::new(AudioSourceOptions::default(), 24_000, 1, 100);
        let frame = |len: usize, sample_rate, num_channels, samples_per_channel| AudioFrame {
            data: vec![0; len].into(),
            sample_rate,
            num_channels,
            samples_per_channel,
        };
        let wrong = [
            frame(240, 48_000, 1, 240),
            frame(480, 24_000, 2, 240),
            frame(100, 24_000, 1, 240),
            frame(480, 24_000, 1, 240),
            frame(0, 24_000, 1, 0),
            frame(240, 24_000, 1, u32::MAX),
        ];
        for frame in wrong {
            source
                .capture_frame(&frame)
                .await
                .expect_err("a mismatched frame must be rejected");
        }
        source
            .capture_frame(&frame(240, 24_000, 1, 240))
            .await
            .unwrap();
        let direct = NativeAudioSource::new(AudioSourceOptions::default(), 24_000, 1, 0);
        direct
            .capture_frame(&frame(480, 24_000, 1, 480))
            .await
            .expect_err("a frame of 20 ms instead of 10 must be rejected");
        direct
            .capture_frame(&frame(240, 24_000, 1, 240))
            .await
            .unwrap();
    });
}

#[test]
fn all_supported_formats_work() {
    run(async {
        for rate in [
            8_000, 16_000, 22_100, 24_000, 44_100, 48_000, 96_000, 192_000,
        ] {
            for channels in [1, 2] {
                for queue in [0, 10, 100, 10_000] {
                    let source = NativeAudioSource::new(
                        AudioSourceOptions::default(),
                        rate,
                        channels,
                        queue,
                    );
                    source
                        .capture_frame(&silence(rate, channels, rate / 100))
                        .await
                        .unwrap();
                }
            }
        }
    });
}

#[test]
fn streams_with_unsupported_formats_end_immediately() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "formats").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, ..) = crate::audio::subscribed(&mut bob).await;
        for (rate, channels) in [
            (0, 1),
            (-1, 1),
            (24_000, 0),
            (24_000, -2),
            (24_000, 3),
            (24_001, 1),
            (i32::MAX, 1),
        ] {
            assert!(
                NativeAudioStream::new(track.rtc_track(), rate, channels)
                    .next()
                    .await
                    .is_none()
            );
        }
        for rate in [8_000, 16_000, 24_000, 44_100, 48_000, 96_000, 192_000] {
            for channels in [1, 2] {
                let mut stream = NativeAudioStream::new(track.rtc_track(), rate, channels);
                let frame = stream.next().await.unwrap();
                assert_eq!(frame.data.len(), (rate * channels / 100) as usize);
            }
        }
        // A stream of the local track.
        let mut own = NativeAudioStream::new(tone.track.rtc_track(), 24_000, 1);
        assert!(own.next().await.is_some());
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_track_whose_source_has_an_unsupported_format_cannot_be_published() {
    run(async {
        let server = Server::start().await;
        let alice = Member::join(&server, "impossible", "alice").await;
        let source = NativeAudioSource::new(AudioSourceOptions::default(), 24_000, 1, 15);
        let track = LocalAudioTrack::create_audio_track("x", RtcAudioSource::Native(source));
        let me = alice.room.local_participant();
        let published = me
            .publish_track(LocalTrack::Audio(track), TrackPublishOptions::default())
            .await;
        assert!(matches!(published, Err(RoomError::Rtc(_))));
        let unknown = TrackSid::try_from("TR_unknown".to_owned()).unwrap();
        assert!(me.unpublish_track(&unknown).await.is_err());
        alice.leave().await;
    });
}

#[test]
fn publishing_a_track_twice_is_harmless() {
    run(async {
        let server = Server::start().await;
        let alice = Member::join(&server, "again", "alice").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let me = alice.room.local_participant();
        let again = me
            .publish_track(
                LocalTrack::Audio(tone.track.clone()),
                TrackPublishOptions::default(),
            )
            .await;
        if let Ok(publication) = &again {
            assert_ne!(publication.sid(), tone.publication.sid());
        }
        tone.stop().await;
        alice.leave().await;
    });
}
