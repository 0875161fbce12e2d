//! Baseline: a participant that only speaks and listens, without an agent, playout queue or turn
//! rules.

use std::time::Duration;

use futures_util::StreamExt;
use livekit_dylib::options::TrackPublishOptions;
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_frame::AudioFrame;
use livekit_dylib::webrtc::audio_source::native::NativeAudioSource;
use livekit_dylib::webrtc::audio_source::{AudioSourceOptions, RtcAudioSource};
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;
use parlor_sim::clips;
use tokio::time::interval;

const RATE: u32 = 24_000;

/// Samples per 10 ms frame.
const FRAME: usize = 240;

/// Joins, speaks and listens until the process is killed. Runs on a single-threaded runtime, like
/// the worker.
pub(crate) fn run(url: &str, token: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(join(url, token))
}

async fn join(url: &str, token: &str) -> anyhow::Result<()> {
    let (room, mut events) = Room::connect(url, token, RoomOptions::default()).await?;
    let source = NativeAudioSource::new(AudioSourceOptions::default(), RATE, 1, 100);
    let track =
        LocalAudioTrack::create_audio_track("agent", RtcAudioSource::Native(source.clone()));
    let options = TrackPublishOptions {
        source: TrackSource::Microphone,
        ..TrackPublishOptions::default()
    };
    let me = room.local_participant();
    me.publish_track(LocalTrack::Audio(track), options).await?;
    tokio::spawn(speak(source));
    while let Some(event) = events.recv().await {
        if let RoomEvent::TrackSubscribed {
            track: RemoteTrack::Audio(track),
            ..
        } = event
        {
            tokio::spawn(hear(track));
        }
    }
    Ok(())
}

async fn speak(source: NativeAudioSource) {
    let clip = clips::find("caller-long").expect("the clip is built in");
    let samples = clip.samples();
    let mut tick = interval(Duration::from_millis(10));
    for samples in samples.chunks_exact(FRAME).cycle() {
        tick.tick().await;
        let frame = AudioFrame {
            data: samples.into(),
            sample_rate: RATE,
            num_channels: 1,
            samples_per_channel: 240,
        };
        if source.capture_frame(&frame).await.is_err() {
            return;
        }
    }
}

async fn hear(track: RemoteAudioTrack) {
    let mut stream = NativeAudioStream::new(track.rtc_track(), 24_000, 1);
    while let Some(frame) = stream.next().await {
        std::hint::black_box(frame);
    }
}
