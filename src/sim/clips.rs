//! Short spoken clips, made once by `clips/make.sh`: mono, 24 kHz, 16 bits.

use std::io::Cursor;

/// One clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clip {
    /// `caller-…`, `answer-…` or `greeting`.
    pub name: &'static str,
    /// What is said.
    pub words: &'static str,
    wav: &'static [u8],
}

macro_rules! clips {
    ($($name:literal: $words:literal,)*) => {
        &[$(Clip {
            name: $name,
            words: $words,
            wav: include_bytes!(concat!("clips/", $name, ".wav")),
        },)*]
    };
}

const CLIPS: &[Clip] = clips! {
    "greeting": "Hello, this is Parlor. How can I help you today?",
    "answer-hours": "We are open from nine to five, Monday to Friday.",
    "answer-table": "A table for two tonight at eight is booked.",
    "answer-sorry": "Of course. What else can I do for you?",
    "answer-bye": "You are welcome. Have a good day!",
    "caller-hours": "What are your opening hours?",
    "caller-table": "I would like to book a table for two.",
    "caller-stop": "Stop, wait a moment, please.",
    "caller-bye": "Thank you, goodbye.",
    "caller-long": "Let me tell you a rather long story about a lighthouse keeper, who every evening climbed one hundred and twenty steps and lit the great lamp.",
};

/// All clips.
pub fn all() -> &'static [Clip] {
    CLIPS
}

/// The clip of this name.
pub fn find(name: &str) -> Option<&'static Clip> {
    CLIPS.iter().find(|clip| clip.name == name)
}

impl Clip {
    /// Its samples, mono at 24 kHz.
    pub fn samples(&self) -> Vec<i16> {
        let reader = hound::WavReader::new(Cursor::new(self.wav)).expect("a shipped clip is a WAV");
        let samples: Result<_, _> = reader.into_samples().collect();
        samples.expect("a shipped clip is whole")
    }

    /// The file.
    pub fn wav(&self) -> &'static [u8] {
        self.wav
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clip_is_speech_of_a_second_or_more() {
        for clip in all() {
            let samples = clip.samples();
            let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max();
            assert!(samples.len() > 24_000, "{}", clip.name);
            assert!(loudest > Some(10_000), "{}", clip.name);
        }
    }
}
