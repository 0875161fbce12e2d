//! Sends a tone, and recognizes it at the receiver.

use std::f32::consts::TAU;
use std::time::Duration;

use futures_util::StreamExt as _;
use livekit_dylib::options::TrackPublishOptions;
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_frame::AudioFrame;
use livekit_dylib::webrtc::audio_source::native::NativeAudioSource;
use livekit_dylib::webrtc::audio_source::{AudioSourceOptions, RtcAudioSource};
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;
use tokio::task::JoinHandle;

/// Sample rate in hertz.
pub(crate) const RATE: u32 = 24_000;

/// A published track that sends a tone.
pub(crate) struct Tone {
    pub(crate) publication: LocalTrackPublication,
    pub(crate) track: LocalAudioTrack,
    pub(crate) source: NativeAudioSource,
    sender: Option<JoinHandle<()>>,
}

impl Tone {
    pub(crate) async fn publish(room: &Room, hertz: f32) -> Self {
        let mut tone = Self::silent(room).await;
        tone.sound(hertz);
        tone
    }

    /// Publishes a track without sending anything yet.
    pub(crate) async fn silent(room: &Room) -> Self {
        let source = NativeAudioSource::new(AudioSourceOptions::default(), RATE, 1, 50);
        let track =
            LocalAudioTrack::create_audio_track("voice", RtcAudioSource::Native(source.clone()));
        let options = TrackPublishOptions {
            source: TrackSource::Microphone,
            dtx: false,
            ..Default::default()
        };
        let publication = room
            .local_participant()
            .publish_track(LocalTrack::Audio(track.clone()), options)
            .await
            .unwrap();
        Self {
            publication,
            track,
            source,
            sender: None,
        }
    }

    /// Starts sending a tone.
    pub(crate) fn sound(&mut self, hertz: f32) {
        self.sender = Some(tokio::spawn(send(self.source.clone(), hertz)));
    }

    /// Stops sending, and waits until the sending task has ended.
    pub(crate) async fn stop(self) {
        if let Some(sender) = self.sender {
            sender.abort();
            let _ = sender.await;
        }
    }
}

async fn send(source: NativeAudioSource, hertz: f32) {
    let mut at = 0u32;
    loop {
        let samples: Vec<i16> = (0..RATE / 100)
            .map(|n| ((TAU * hertz * (at + n) as f32 / RATE as f32).sin() * 12_000.0) as i16)
            .collect();
        at = (at + RATE / 100) % RATE;
        let frame = AudioFrame {
            data: samples.into(),
            sample_rate: RATE,
            num_channels: 1,
            samples_per_channel: RATE / 100,
        };
        source.capture_frame(&frame).await.unwrap();
    }
}

/// A frame of silence.
pub(crate) fn silence(
    sample_rate: u32,
    num_channels: u32,
    samples_per_channel: u32,
) -> AudioFrame<'static> {
    let len = num_channels as usize * samples_per_channel as usize;
    AudioFrame {
        data: vec![0; len].into(),
        sample_rate,
        num_channels,
        samples_per_channel,
    }
}

/// Reads a stream until it contains a tone of this frequency.
pub(crate) async fn hear(stream: &mut NativeAudioStream, hertz: f32) {
    let (mut frames, mut loudest, mut purest) = (0, 0, 0.0f32);
    let heard = tokio::time::timeout(Duration::from_secs(10), async {
        while let Some(frame) = stream.next().await {
            assert_eq!(
                (frame.sample_rate, frame.num_channels, frame.data.len()),
                (RATE, 1, RATE as usize / 100)
            );
            let peak = frame.data.iter().map(|sample| sample.unsigned_abs()).max();
            let share = share(&frame.data, hertz);
            frames += 1;
            loudest = loudest.max(peak.unwrap_or(0));
            purest = purest.max(share);
            if share > 0.8 {
                return;
            }
        }
        panic!("the stream ended");
    });
    let heard = heard.await.is_ok();
    assert!(
        heard,
        "no tone within 10 s: {frames} frames, peak {loudest}, at most {purest:.2} of the tone"
    );
}

/// Counts how many of the next `of` frames of a stream, 10 ms each, contain a tone of this
/// frequency.
pub(crate) async fn frames_with(stream: &mut NativeAudioStream, hertz: f32, of: usize) -> usize {
    let mut frames = stream.take(of);
    let mut heard = 0;
    let counted = tokio::time::timeout(Duration::from_secs(10), async {
        while let Some(frame) = frames.next().await {
            heard += usize::from(share(&frame.data, hertz) > 0.8);
        }
    });
    counted.await.expect("no frames arrived for too long");
    heard
}

/// Share of a frame's power at one frequency, 0 to 1 (Goertzel algorithm).
fn share(samples: &[i16], hertz: f32) -> f32 {
    let coefficient = 2.0 * (TAU * hertz / RATE as f32).cos();
    let (mut s1, mut s2, mut power) = (0.0f32, 0.0f32, 0.0f32);
    for &sample in samples {
        let x = f32::from(sample) / 32_768.0;
        (s1, s2) = (x + coefficient * s1 - s2, s1);
        power += x * x;
    }
    if power < 1e-3 {
        return 0.0;
    }
    let tone = s1.mul_add(s1, s2 * s2) - coefficient * s1 * s2;
    2.0 * tone / (power * samples.len() as f32)
}
