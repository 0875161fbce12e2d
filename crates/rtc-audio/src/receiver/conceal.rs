//! What is heard where packets are missing.

use super::Audio;
use super::time::{MS, ticks};
use crate::SAMPLES_PER_10_MS;
use crate::codec::Decoder;

/// Concealment is as loud as what was before for so long, and then fades to silence.
const LOUD: i64 = 60 * MS;
const FADE: i64 = 100 * MS;

/// A sender that is silent sends a packet every 400 ms. Its noise is heard for so long without one.
const COMFORT: i64 = 1_000 * MS;

/// Samples over which the first ones after silence fade in: 2.5 ms.
const FADE_IN: usize = SAMPLES_PER_10_MS / 4;

/// How far the concealment is that goes on, if any.
#[derive(Debug, Default)]
pub(super) struct Concealment {
    /// Ticks made up since the last packet.
    filled: i64,
    /// Whether the last packet said that the sender is silent.
    comfort: bool,
    /// What the samples of the present pull are.
    audio: Option<Audio>,
    stretchable: bool,
}

impl Concealment {
    /// Begins another pull.
    pub(super) fn begin(&mut self) {
        self.stretchable = self.filled == 0;
    }

    /// What is heard now.
    pub(super) fn audio(&self) -> Audio {
        self.audio.unwrap_or(Audio::Silence)
    }

    /// Ticks made up since the last packet.
    pub(super) fn filled(&self) -> i64 {
        self.filled
    }

    pub(super) fn is_comfort(&self) -> bool {
        self.comfort
    }

    /// Whether the sender is silent, or was lost for so long that nothing much is heard.
    pub(super) fn is_quiet(&self) -> bool {
        (self.comfort && self.filled > 0) || self.filled >= LOUD + FADE / 2
    }

    /// Whether all samples are the sender's, and speech.
    pub(super) fn allows_stretch(&self) -> bool {
        self.stretchable && self.filled == 0 && !self.comfort
    }

    /// The next 10 ms, or `None` for silence.
    pub(super) fn next(
        &mut self,
        decoder: &mut Decoder,
        known: bool,
    ) -> Option<[i16; SAMPLES_PER_10_MS]> {
        let from = gain(self.filled, self.comfort);
        self.filled += ticks(SAMPLES_PER_10_MS);
        let to = gain(self.filled, self.comfort);
        let mut samples = [0; SAMPLES_PER_10_MS];
        if !known || from == 0 || decoder.conceal(&mut samples).is_err() {
            self.audio = Some(Audio::Silence);
            return None;
        }
        fade(&mut samples, from, to);
        self.audio = Some(match self.comfort {
            true => Audio::Comfort,
            false => Audio::Concealed,
        });
        Some(samples)
    }

    /// What would go on, where a packet `gap` ticks after the one before does not continue it.
    pub(super) fn lead(&self, gap: i64, decoder: &mut Decoder) -> Option<[i16; SAMPLES_PER_10_MS]> {
        let gain = gain(self.filled, self.comfort);
        if gap.max(0) == self.filled || gain == 0 {
            return None;
        }
        let mut samples = [0; SAMPLES_PER_10_MS];
        decoder.conceal(&mut samples).ok()?;
        fade(&mut samples, gain, gain);
        Some(samples)
    }

    /// Brings what follows concealment back to its level.
    pub(super) fn fade_in(&self, samples: &mut [i16]) {
        let gain = gain(self.filled, self.comfort);
        if gain < FULL {
            let len = samples.len().min(FADE_IN);
            fade(&mut samples[..len], gain, FULL);
        }
    }

    /// A packet was played, which may have said that the sender is silent.
    pub(super) fn end(&mut self, comfort: bool) {
        self.filled = 0;
        self.comfort = comfort;
        self.audio = Some(match comfort {
            true => Audio::Comfort,
            false => Audio::Received,
        });
    }

    /// What ends the audio of a stream that does not go on.
    pub(super) fn fade_out(&self, decoder: &mut Decoder) -> Option<[i16; SAMPLES_PER_10_MS]> {
        let gain = gain(self.filled, self.comfort);
        let mut samples = [0; SAMPLES_PER_10_MS];
        (gain > 0).then_some(())?;
        decoder.conceal(&mut samples).ok()?;
        fade(&mut samples, gain, 0);
        Some(samples)
    }

    /// There was no audio yet: what follows fades in.
    pub(super) fn restart(&mut self) {
        self.filled = LOUD + FADE;
        self.comfort = false;
    }
}

/// Full level.
const FULL: i32 = 1 << 14;

fn gain(filled: i64, comfort: bool) -> i32 {
    let loud = if comfort { COMFORT } else { LOUD };
    let faded = (filled - loud).clamp(0, FADE);
    FULL - (faded * i64::from(FULL) / FADE) as i32
}

fn fade(samples: &mut [i16], from: i32, to: i32) {
    if from == FULL && to == FULL {
        return;
    }
    let len = samples.len() as i32;
    for (i, sample) in samples.iter_mut().enumerate() {
        let gain = from + (to - from) * i as i32 / len;
        *sample = ((i32::from(*sample) * gain) >> 14) as i16;
    }
}
