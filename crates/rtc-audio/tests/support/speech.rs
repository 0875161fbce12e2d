//! Recorded speech, and packets of it.

use parlor_rtc_audio::SAMPLES_PER_FRAME;
use parlor_rtc_audio::codec::{Encoder, MAX_FRAME_BYTES, Settings};

use super::Random;

pub type Frame = [i16; SAMPLES_PER_FRAME];

/// A call's worth of talk, mono at 24 kHz: one after the other, with pauses of a faint noise. About
/// 30 s.
pub fn speech() -> Vec<Frame> {
    let names = [
        "caller-hours",
        "answer-hours",
        "caller-long",
        "caller-table",
        "answer-table",
        "greeting",
        "caller-stop",
        "answer-sorry",
        "caller-bye",
        "answer-bye",
    ];
    let mut random = Random::new(7);
    let mut samples: Vec<i16> = Vec::new();
    for name in names {
        samples.extend((0..9_600).map(|_| (random.unit() * 30.0) as i16 - 15));
        samples.extend(clip(name));
    }
    samples.as_chunks().0.to_vec()
}

/// A clip of the simulator, mono at 24 kHz.
pub fn clip(name: &str) -> Vec<i16> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sim/src/clips");
    let mut wav = hound::WavReader::open(format!("{folder}/{name}.wav")).unwrap();
    wav.samples().map(Result::unwrap).collect()
}

/// Packets of 20 ms, `None` where the encoder sends nothing.
pub fn encode(settings: Settings, frames: &[Frame]) -> Vec<Option<Vec<u8>>> {
    let mut encoder = Encoder::new(settings).unwrap();
    let mut packet = [0; MAX_FRAME_BYTES];
    frames
        .iter()
        .map(|frame| {
            let len = encoder.encode(frame, &mut packet).unwrap();
            len.map(|len| packet[..len].to_vec())
        })
        .collect()
}
