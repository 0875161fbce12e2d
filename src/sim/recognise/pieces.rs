//! A clip by its pieces: what is left of it when a machine that stalls puts gaps in between.

/// Samples at 24 kHz that are one here: 2 kHz, for the pitch of a voice and its first formant.
const EVERY: usize = 12;

/// Samples compared at once: 200 ms.
const WINDOW: usize = 24_000 / EVERY / 5;

/// From which correlation on a window counts as found.
const FOUND: f32 = 0.8;

/// A window with less than this part of the loudest one's energy is no speech.
const QUIET: f32 = 0.05;

/// How many of a clip's windows `heard` holds, one after the other: from 0 to 1.
///
/// What is much longer than the clip holds none of it: it would take too long to look.
pub(super) fn found(clip: &[i16], heard: &[i16]) -> f64 {
    if heard.len() > 2 * clip.len() + 24_000 {
        return 0.0;
    }
    let (clip, heard) = (decimate(clip), decimate(heard));
    let windows = speech(&clip);
    let mut rest = heard.as_slice();
    let mut found = 0;
    for window in &windows {
        if let Some(at) = find(window, rest) {
            found += 1;
            // A stretched window overlaps with the next one.
            rest = &rest[at + WINDOW * 3 / 4..];
        }
    }
    f64::from(found) / windows.len().max(1) as f64
}

/// The windows of a clip in which somebody speaks.
fn speech(clip: &[f32]) -> Vec<&[f32]> {
    let windows = clip.chunks_exact(WINDOW);
    let loudest = windows.clone().map(energy).fold(0.0, f32::max);
    let is_speech = |window: &&[f32]| energy(window) > loudest * QUIET;
    windows.filter(is_speech).collect()
}

/// Where `window` lies in `heard`, if it does.
fn find(window: &[f32], heard: &[f32]) -> Option<usize> {
    let norm = energy(window);
    let likeness = |(at, other): (usize, &[f32])| {
        let dot: f32 = window.iter().zip(other).map(|(a, b)| a * b).sum();
        (at, dot / (norm * energy(other)).sqrt().max(1.0))
    };
    let all = heard.windows(WINDOW).enumerate().map(likeness);
    let (at, best) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best >= FOUND).then_some(at)
}

fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

fn decimate(samples: &[i16]) -> Vec<f32> {
    let mean = |some: &[i16]| some.iter().map(|it| f32::from(*it)).sum::<f32>() / EVERY as f32;
    samples.chunks_exact(EVERY).map(mean).collect()
}
