//! Finds one recording in another, by waveform and not by loudness.
//!
//! Opus encodes the voice once or twice, jitter buffers stretch it a little, and a stalled machine
//! causes gaps. The comparison therefore uses windows of 200 ms, each at its own best lag.

use std::fmt;

/// Sample rate of the comparison: a third of 24 kHz.
const RATE: usize = 8_000;

/// 200 ms.
const WINDOW: usize = RATE / 5;

/// 300 ms.
const TAIL: usize = RATE * 3 / 10;

/// Sample value above which audio counts as audible.
const LOUD: f32 = 500.0;

/// Maximum distance of a window from the position expected after its predecessor: 60 ms.
const SLACK: usize = RATE * 60 / 1000;

/// The same after a gap: 500 ms.
const GAP: usize = RATE / 2;

/// Minimum correlation at which a window counts as found.
const FOUND: f64 = 0.6;

/// A window with less than this share of the energy of the loudest one is not speech.
const QUIET: f64 = 0.05;

/// Audio whose samples stay below this is silence.
pub(crate) const SILENT: u16 = 200;

/// How well one recording was found in another.
#[derive(Debug)]
pub(crate) struct Match {
    /// Number of speech windows in the recording that was searched for.
    pub(crate) windows: usize,
    /// Number of them that were found, in order and at the expected time.
    pub(crate) found: usize,
    /// The mean correlation of the windows.
    pub(crate) score: f64,
    /// Whether the first window was found.
    pub(crate) begins: bool,
    /// Start of the first found window in the other recording, in samples at 24 kHz.
    pub(crate) start: usize,
}

impl Match {
    /// Whether at least `tenths` of ten windows were found.
    pub(crate) fn has(&self, tenths: usize) -> bool {
        self.found * 10 >= self.windows * tenths
    }

    /// Whether the recording was heard: at least half of the windows were found. A busy machine may
    /// lose some windows of any clip; in a different clip, less than a third of them are found.
    pub(crate) fn was_heard(&self) -> bool {
        self.windows > 0 && self.found * 2 >= self.windows
    }

    /// Whether every window was found.
    pub(crate) fn is_whole(&self) -> bool {
        self.windows > 0 && self.found == self.windows
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            found,
            windows,
            score,
            ..
        } = self;
        write!(f, "{found} of {windows} windows, correlation {score:.3}")
    }
}

/// Searches for `clip` in `heard`, both mono at 24 kHz.
pub(crate) fn find(clip: &[i16], heard: &[i16]) -> Match {
    let (clip, heard) = (decimate(clip), decimate(heard));
    let windows = speech(&clip);
    let Some(first) = windows.first().copied() else {
        return Match {
            windows: 0,
            found: 0,
            score: 0.0,
            begins: false,
            start: 0,
        };
    };
    // The loudest window determines the position of the clip; the others must match it.
    let anchor = windows
        .iter()
        .copied()
        .max_by(|a, b| energy(&clip[*a..a + WINDOW]).total_cmp(&energy(&clip[*b..b + WINDOW])))
        .unwrap_or(first);
    let (at, _) = best(&clip[anchor..anchor + WINDOW], &heard, 0, heard.len());
    let mut result = Match {
        windows: windows.len(),
        found: 0,
        score: 0.0,
        begins: false,
        start: heard.len() * 3,
    };
    let mut shift = at as i64 - anchor as i64;
    let (before, after): (Vec<_>, Vec<_>) = windows.iter().partition(|window| **window < anchor);
    let mut follow = |window: usize, shift: &mut i64| {
        let expected = (window as i64 + *shift).max(0) as usize;
        let (at, score) = best_near(&clip[window..window + WINDOW], &heard, expected);
        result.score += score / windows.len() as f64;
        if score >= FOUND {
            result.found += 1;
            result.begins |= window == first;
            result.start = result.start.min(at * 3);
            *shift = at as i64 - window as i64;
        }
    };
    let anchored = shift;
    after
        .into_iter()
        .for_each(|window| follow(window, &mut shift));
    shift = anchored;
    before
        .into_iter()
        .rev()
        .for_each(|window| follow(window, &mut shift));
    result
}

/// Up to which sample of `clip` (at 24 kHz) `heard` goes, determined from the last audio in it.
pub(crate) fn until(clip: &[i16], heard: &[i16]) -> Option<usize> {
    let (clip, heard) = (decimate(clip), decimate(heard));
    let loud = heard.iter().rposition(|sample| *sample > LOUD)?;
    // The very end may be cut in the middle of a frame.
    [50, 150, 250, 350].into_iter().find_map(|back| {
        let back = RATE * back / 1000;
        let end = loud.checked_sub(back)?;
        let window = heard.get(end.checked_sub(TAIL)?..end)?;
        let (at, score) = best(window, &clip, 0, clip.len());
        (score >= FOUND).then_some((at + TAIL + back) * 3)
    })
}

/// Root mean square of the last 100 ms, at 24 kHz.
pub(crate) fn loudness(heard: &[i16]) -> f64 {
    let last = &heard[heard.len().saturating_sub(2_400)..];
    let sum: f64 = last.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / last.len().max(1) as f64).sqrt()
}

/// Absolute value of the loudest sample.
pub(crate) fn peak(heard: &[i16]) -> u16 {
    let loudness = heard.iter().map(|sample| sample.unsigned_abs());
    loudness.max().unwrap_or(0)
}

/// First sample at or after `from` that is followed by 100 ms of silence, at 24 kHz.
pub(crate) fn silence_after(heard: &[i16], from: usize) -> Option<usize> {
    let silent = |chunk: &[i16]| peak(chunk) < SILENT;
    let chunks: Vec<_> = heard.get(from..)?.chunks_exact(240).map(silent).collect();
    let index = chunks
        .windows(10)
        .position(|run| run.iter().all(|silent| *silent))?;
    Some(from + index * 240)
}

/// Starts of the windows that contain speech.
fn speech(clip: &[f32]) -> Vec<usize> {
    let starts: Vec<_> = (0..clip.len().saturating_sub(WINDOW))
        .step_by(WINDOW)
        .collect();
    let loudest = starts
        .iter()
        .map(|start| energy(&clip[*start..start + WINDOW]))
        .fold(0.0, f64::max);
    let is_speech = |start: &usize| energy(&clip[*start..start + WINDOW]) > loudest * QUIET;
    starts.into_iter().filter(is_speech).collect()
}

/// The best lag of `window` near `expected`, or else after a gap.
fn best_near(window: &[f32], heard: &[f32], expected: usize) -> (usize, f64) {
    let near = best_stretched(window, heard, expected);
    if near.1 >= FOUND {
        return near;
    }
    let far = best(window, heard, expected.saturating_sub(GAP), expected + GAP);
    if far.1 >= FOUND { far } else { near }
}

/// The best lag of `window` near `expected`, as a whole or as two halves with separate lags: a
/// jitter buffer that is filling up inserts a pitch period between them.
fn best_stretched(window: &[f32], heard: &[f32], expected: usize) -> (usize, f64) {
    let near = |part: &[f32], expected: usize| {
        let from = expected.saturating_sub(SLACK);
        best(part, heard, from, expected + SLACK)
    };
    let whole = near(window, expected);
    let (left, right) = window.split_at(WINDOW / 2);
    let left = near(left, expected);
    let right = near(right, left.0 + WINDOW / 2);
    let halves = (left.1 + right.1) / 2.0;
    match whole.1 >= halves {
        true => whole,
        false => (right.0.saturating_sub(WINDOW / 2), halves),
    }
}

/// The best lag of `window` in `heard[from..to]`, and its normalized correlation.
fn best(window: &[f32], heard: &[f32], from: usize, to: usize) -> (usize, f64) {
    let norm = energy(window).sqrt();
    let to = to.min(heard.len().saturating_sub(window.len()));
    let mut best = (from, 0.0);
    for lag in from..to {
        let other = &heard[lag..lag + window.len()];
        let dot: f32 = window.iter().zip(other).map(|(a, b)| a * b).sum();
        if dot <= 0.0 {
            continue;
        }
        let score = f64::from(dot) / (norm * energy(other).sqrt() + 1.0);
        if score > best.1 {
            best = (lag, score);
        }
    }
    best
}

fn energy(samples: &[f32]) -> f64 {
    samples
        .iter()
        .map(|sample| f64::from(sample * sample))
        .sum()
}

/// Downsamples by three: each sample is the mean of three.
fn decimate(samples: &[i16]) -> Vec<f32> {
    let mean = |three: &[i16]| three.iter().map(|sample| f32::from(*sample)).sum::<f32>() / 3.0;
    samples.chunks_exact(3).map(mean).collect()
}

mod tests {
    use parlor_sim::clips;

    use super::*;

    #[test]
    fn a_clip_is_found_late_quiet_and_in_noise() {
        let clip = clips::find("greeting").unwrap().samples();
        let mut heard = vec![0; 30_000];
        let mut noise = 1u32;
        heard.extend(clip.iter().map(|sample| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sample / 2 + (noise >> 24) as i16 - 128
        }));
        heard.extend([0; 5_000]);
        let found = find(&clip, &heard);
        assert!(found.is_whole(), "{found:?}");
        assert!(found.score > 0.9, "{found:?}");
    }

    #[test]
    fn a_clip_with_a_gap_is_found_on_both_sides_of_it() {
        let clip = clips::find("greeting").unwrap().samples();
        let mut heard = clip[..clip.len() / 2].to_vec();
        heard.extend([0; 7_200]);
        heard.extend(&clip[clip.len() / 2..]);
        let found = find(&clip, &heard);
        assert!(found.found + 1 >= found.windows, "{found:?}");
    }

    #[test]
    fn the_last_audio_tells_how_much_was_heard() {
        let clip = clips::find("greeting").unwrap().samples();
        for cut in [24_000, 40_000, 60_000] {
            let mut heard = vec![0; 10_000];
            // With a gap, as on a bad network. A clip cut in a pause is heard up to before the
            // pause.
            heard.extend(&clip[..9_000]);
            heard.extend(&clip[12_000..cut]);
            heard.extend([0; 10_000]);
            let until = until(&clip, &heard).unwrap();
            assert!(
                until < cut + 2_400 && cut < until + 12_000,
                "{cut}: {until}"
            );
        }
    }

    #[test]
    fn another_clip_is_not_found() {
        let clip = clips::find("greeting").unwrap().samples();
        let other = clips::find("caller-table").unwrap().samples();
        let found = find(&clip, &other);
        assert!(found.found * 3 < found.windows, "{found:?}");
    }

    #[test]
    fn a_clip_without_its_end_is_not_whole() {
        let clip = clips::find("greeting").unwrap().samples();
        let cut = &clip[..clip.len() * 3 / 4];
        assert!(!find(&clip, cut).is_whole());
    }
}
