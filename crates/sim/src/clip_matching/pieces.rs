//! Recognises a clip by its pieces, for audio with gaps from a stalled machine.

/// Decimation factor: 24 kHz to 2 kHz, enough for the pitch of a voice and its first formant.
const EVERY: usize = 12;

/// Samples per window: 200 ms.
const WINDOW: usize = 24_000 / EVERY / 5;

/// Minimum correlation for a window to count as found.
const FOUND: f64 = 0.8;

/// Windows with less than this share of the loudest window's energy are not speech.
const QUIET: f64 = 0.05;

/// Minimum share of a clip's windows for the clip to count as recognised.
pub(crate) const ENOUGH: f64 = 0.6;

/// Share of the clip's windows that `heard` contains in order, 0 to 1. Below [`ENOUGH`] the value
/// may be too low.
///
/// Audio that is much shorter or longer than the clip is not searched, since searching is slow.
pub(crate) fn found(clip: &[i16], heard: &[i16]) -> f64 {
    if !(clip.len() / 2..2 * clip.len() + 24_000).contains(&heard.len()) {
        return 0.0;
    }
    let (clip, heard) = (decimate(clip), Heard::new(decimate(heard)));
    let windows = speech(&clip);
    let all = windows.len() as f64;
    let (mut from, mut found) = (0, 0);
    for (index, window) in windows.iter().enumerate() {
        let possible = found + windows.len() - index;
        if (possible as f64) < ENOUGH * all {
            break;
        }
        if let Some(at) = heard.find(window, from) {
            found += 1;
            // Windows may overlap if the audio was stretched.
            from = at + WINDOW * 3 / 4;
        }
    }
    found as f64 / all.max(1.0)
}

/// The heard audio, and its cumulative energy up to each sample.
struct Heard {
    samples: Vec<f32>,
    energy: Vec<f64>,
}

impl Heard {
    fn new(samples: Vec<f32>) -> Self {
        let mut sum = 0.0;
        let add = |sample: &f32| {
            sum += f64::from(sample * sample);
            sum
        };
        let energy = std::iter::once(0.0).chain(samples.iter().map(add));
        Self {
            energy: energy.collect(),
            samples,
        }
    }

    /// Position of `window` at or after sample `from`, if it occurs.
    fn find(&self, window: &[f32], from: usize) -> Option<usize> {
        let norm = energy(window);
        let rest = self.samples.get(from..)?.windows(WINDOW);
        let likeness = |(at, other): (usize, &[f32])| {
            let heard = self.energy[at + WINDOW] - self.energy[at];
            let product = f64::from(product(window, other));
            (at, product / (norm * heard).sqrt().max(1.0))
        };
        let all = (from..).zip(rest).map(likeness);
        let (at, best) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (best >= FOUND).then_some(at)
    }
}

/// The windows of a clip that contain speech.
fn speech(clip: &[f32]) -> Vec<&[f32]> {
    let windows = clip.chunks_exact(WINDOW);
    let loudest = windows.clone().map(energy).fold(0.0, f64::max);
    let is_speech = |window: &&[f32]| energy(window) > loudest * QUIET;
    windows.filter(is_speech).collect()
}

fn energy(samples: &[f32]) -> f64 {
    product(samples, samples).into()
}

/// The inner product, in lanes that the compiler can vectorise.
fn product(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum()
}

fn decimate(samples: &[i16]) -> Vec<f32> {
    let mean = |some: &[i16]| some.iter().map(|it| f32::from(*it)).sum::<f32>() / EVERY as f32;
    samples.chunks_exact(EVERY).map(mean).collect()
}
