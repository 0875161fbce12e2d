//! Making speech shorter or longer by a pitch period, without changing its pitch.

use crate::SAMPLES_PER_10_MS;

/// Shortest and longest period that is cut or repeated: 2.5 and 15 ms.
const SHORTEST: usize = SAMPLES_PER_10_MS / 4;
pub(super) const LONGEST: usize = SAMPLES_PER_10_MS * 3 / 2;

/// Rate at which periods are looked for first, as a fraction of the sample rate.
const COARSE: usize = 4;

/// How alike two periods of speech have to be, where 1 is equal.
const ALIKE: f32 = 0.9;
const ALIKE_FAST: f32 = 0.5;

/// Mean squares up to this are silence, whatever the noise. About 58 dB below the loudest.
const SILENCE: f32 = 40.0 * 40.0;
/// Audio is no speech while its mean square is less than this many times that of the noise.
const ABOVE_NOISE: f32 = 4.0;

/// Follows the level of the noise behind the speech.
#[derive(Debug)]
pub(super) struct Noise(f32);

impl Default for Noise {
    fn default() -> Self {
        Self(SILENCE)
    }
}

impl Noise {
    /// Takes the next 10 ms of what is heard.
    pub(super) fn hear(&mut self, samples: &[i16]) {
        let energy = mean_square(samples);
        // Rises by about 1 dB a second.
        self.0 = (self.0 * 1.0023).min(energy).max(1.0);
    }

    fn drowns(&self, energy: f32) -> bool {
        energy <= SILENCE.max(self.0 * ABOVE_NOISE)
    }
}

/// Finds how many samples can be cut from the start of `audio`, of at least [`LONGEST`] times two.
pub(super) fn cut(audio: &[i16], fast: bool, noise: &Noise) -> Option<usize> {
    let (period, alike) = period(audio, 0, LONGEST)?;
    let energy = mean_square(&audio[..2 * period]);
    let threshold = if fast { ALIKE_FAST } else { ALIKE };
    (alike > threshold || noise.drowns(energy)).then_some(if fast {
        LONGEST / period * period
    } else {
        period
    })
}

/// Cuts `count` samples, by a crossfade at the start of `audio`. What remains is at the start of
/// `audio`.
pub(super) fn cut_off(audio: &mut [i16], count: usize) {
    for i in 0..count {
        audio[i] = mix(audio[i], audio[i + count], i, count);
    }
    audio.copy_within(2 * count.., count);
}

/// Finds how many samples before `at` can be repeated there. There are [`LONGEST`] before and as many
/// after it.
pub(super) fn repeat(audio: &[i16], at: usize, noise: &Noise) -> Option<usize> {
    let window = &audio[at - LONGEST..];
    let (period, alike) = period(window, LONGEST, LONGEST)?;
    let energy = mean_square(&audio[at - period..at + period]);
    (alike > ALIKE || noise.drowns(energy)).then_some(period)
}

/// `i` of `count` samples on the way from `from` to `to`.
pub(super) fn mix(from: i16, to: i16, i: usize, count: usize) -> i16 {
    let (i, count) = (i as i32 + 1, count as i32 + 1);
    ((i32::from(from) * (count - i) + i32::from(to) * i) / count) as i16
}

/// Offset of at most `range` at which `new` continues `old` best, by its first `overlap` samples.
pub(super) fn align(old: &[i16], new: &[i16], overlap: usize, range: usize) -> usize {
    let score = |&offset: &usize| likeness(&old[offset..offset + overlap], &new[..overlap]);
    best((0..=range).step_by(COARSE), score)
        .and_then(|coarse| {
            let around = coarse.saturating_sub(COARSE - 1)..=(coarse + COARSE - 1).min(range);
            best(around, score)
        })
        .unwrap_or(0)
}

/// Finds the period of `audio`, and how alike two of them are: the one that starts at `start`, and the
/// one after it, or before it where `start` is not 0. `window` samples of each are compared.
fn period(audio: &[i16], start: usize, window: usize) -> Option<(usize, f32)> {
    let mut coarse = [0_i16; 2 * LONGEST / COARSE];
    for (mean, group) in coarse.iter_mut().zip(audio.as_chunks::<COARSE>().0) {
        *mean = (group.iter().map(|&s| i32::from(s)).sum::<i32>() / COARSE as i32) as i16;
    }
    let compare = |audio: &[i16], start: usize, lag: usize, window: usize| {
        let other = if start == 0 { lag } else { start - lag };
        let window = window.min(audio.len() - start.max(other));
        likeness(&audio[start..start + window], &audio[other..other + window])
    };
    let rough = best(SHORTEST / COARSE..=LONGEST / COARSE, |&lag| {
        compare(&coarse, start / COARSE, lag, window / COARSE)
    })? * COARSE;
    let near = (rough - COARSE).max(SHORTEST)..=(rough + COARSE).min(LONGEST);
    let fine = |&lag: &usize| compare(audio, start, lag, window);
    let lag = best(near, fine)?;
    Some((lag, fine(&lag)))
}

fn best(candidates: impl Iterator<Item = usize>, score: impl Fn(&usize) -> f32) -> Option<usize> {
    candidates
        .map(|candidate| (candidate, score(&candidate)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}

/// Correlation of two stretches of audio, which is 1 where they are equal but for their level.
fn likeness(a: &[i16], b: &[i16]) -> f32 {
    let energy = dot(a, a) * dot(b, b);
    if energy > 0.0 {
        dot(a, b) / energy.sqrt()
    } else {
        0.0
    }
}

fn mean_square(samples: &[i16]) -> f32 {
    dot(samples, samples) / samples.len().max(1) as f32
}

/// Sums in eight lanes, so that the compiler can use vector instructions.
fn dot(a: &[i16], b: &[i16]) -> f32 {
    let ((a8, a_rest), (b8, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0_f32; 8];
    for (a, b) in a8.iter().zip(b8) {
        for i in 0..8 {
            lanes[i] += f32::from(a[i]) * f32::from(b[i]);
        }
    }
    let rest: f32 = (a_rest.iter().zip(b_rest))
        .map(|(&a, &b)| f32::from(a) * f32::from(b))
        .sum();
    lanes.iter().sum::<f32>() + rest
}
