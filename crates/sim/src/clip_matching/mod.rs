//! Recognises which bundled clip was heard: by its loudness envelope, which survives Opus and gain,
//! or else by its pieces. This is not speech recognition; other speech is not recognised.

mod pieces;

use super::clips::{self, Clip};

/// Samples per value of an envelope: 20 ms at 24 kHz.
const STEP: usize = 480;

/// Maximum shift between heard speech and clip, in steps: 400 ms.
const SHIFT: isize = 20;

/// Minimum similarity for a clip to count as recognised.
const ALIKE: f64 = 0.85;

/// Returns the clip that `samples` contain, if any.
pub(super) fn recognise(samples: &[i16]) -> Option<&'static Clip> {
    let heard = envelope(samples);
    let by_shape = |clip: &Clip| alike(&envelope(&clip.samples()), &heard);
    let by_pieces = |clip: &Clip| pieces::found(&clip.samples(), samples);
    likeliest(by_shape, ALIKE).or_else(|| likeliest(by_pieces, pieces::ENOUGH))
}

fn likeliest(likeness: impl Fn(&Clip) -> f64, least: f64) -> Option<&'static Clip> {
    let all = clips::all().iter().map(|clip| (clip, likeness(clip)));
    let (clip, best) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best >= least).then_some(clip)
}

/// Returns the words of the recognised clip, or the duration of the speech.
pub(super) fn words(samples: &[i16]) -> String {
    match recognise(samples) {
        Some(clip) => clip.words.to_owned(),
        None => format!("[{:.1} s of speech]", samples.len() as f64 / 24_000.0),
    }
}

fn envelope(samples: &[i16]) -> Vec<f64> {
    let level = |piece: &[i16]| {
        let sum: f64 = piece.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        (sum / piece.len() as f64).sqrt().sqrt()
    };
    samples.chunks(STEP).map(level).collect()
}

/// The highest correlation of two envelopes over all shifts.
fn alike(clip: &[f64], heard: &[f64]) -> f64 {
    (-SHIFT..=SHIFT)
        .map(|shift| correlation(clip, heard, shift))
        .fold(0.0, f64::max)
}

fn correlation(clip: &[f64], heard: &[f64], shift: isize) -> f64 {
    let length = clip.len().max(heard.len()) as isize;
    let at = |values: &[f64], index: isize| {
        let index = usize::try_from(index).ok();
        index
            .and_then(|index| values.get(index))
            .copied()
            .unwrap_or(0.0)
    };
    let pairs =
        || (-SHIFT..length + SHIFT).map(|index| (at(clip, index), at(heard, index + shift)));
    let count = (length + 2 * SHIFT) as f64;
    let sums = pairs().fold((0.0, 0.0), |sums, (a, b)| (sums.0 + a, sums.1 + b));
    let (mean_a, mean_b) = (sums.0 / count, sums.1 / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs() {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clip_is_recognised_late_quiet_and_in_noise() {
        for clip in clips::all() {
            let mut state = 7u32;
            let mut heard = vec![0; 2_400];
            heard.extend(clip.samples().iter().map(|sample| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                sample / 3 + ((state >> 16) as i16) / 500
            }));
            assert_eq!(recognise(&heard).map(|it| it.name), Some(clip.name));
        }
    }

    #[test]
    fn every_clip_is_recognised_with_gaps_and_without_a_piece() {
        for clip in clips::all() {
            let samples = clip.samples();
            let third = samples.len() / 3;
            let mut heard = samples[..third].to_vec();
            heard.extend([0; 7_200]);
            heard.extend(&samples[third..2 * third]);
            heard.extend(&samples[2 * third + 3_600..]);
            assert_eq!(recognise(&heard).map(|it| it.name), Some(clip.name));
        }
    }

    #[test]
    fn half_a_clip_is_none() {
        for clip in clips::all() {
            let samples = clip.samples();
            assert_eq!(recognise(&samples[..samples.len() / 2]), None);
        }
        let clip = clips::find("caller-table").unwrap().samples();
        assert_eq!(words(&clip[..24_000]), "[1.0 s of speech]");
    }
}
