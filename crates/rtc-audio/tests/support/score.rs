//! How good what came out is.

use parlor_rtc_audio::receiver::Audio;

use super::run::Outcome;
use super::speech::Frame;

/// What is said of a run, from its third second on.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// Milliseconds that the receiver adds: mean, and what 95 % do not exceed.
    pub delay: f64,
    pub delay_95: f64,
    /// Shares of the samples that were made up, cut and repeated, in percent.
    pub concealed: f64,
    pub cut: f64,
    pub repeated: f64,
    /// Concealments a minute.
    pub events: f64,
    /// Share of the lost packets that the next packet rebuilt, in percent.
    pub recovered: f64,
    /// Distance of the spectrum from the original's where there is speech, in decibels: how much
    /// louder or fainter the bands of a frame of 20 ms are, as a root mean square.
    pub distance: f64,
}

const SETTLED: f64 = 3.0;

pub fn score(outcome: &Outcome, drift: f64, original: &[Frame]) -> Score {
    let settled = || outcome.pulls.iter().filter(|pull| pull.at >= SETTLED);
    let mut delays: Vec<f64> = settled()
        .filter_map(|pull| pull.delay(drift))
        .map(|delay| delay * 1_000.0)
        .collect();
    delays.sort_by(f64::total_cmp);
    let stats = &outcome.stats;
    let share = |samples: u64| 100.0 * samples as f64 / stats.total_samples_received as f64;
    Score {
        delay: delays.iter().sum::<f64>() / delays.len() as f64,
        delay_95: delays[delays.len() * 95 / 100],
        concealed: share(stats.concealed_samples),
        cut: share(stats.removed_samples_for_acceleration),
        repeated: share(stats.inserted_samples_for_deceleration),
        events: stats.concealment_events as f64 * 60.0 / outcome.pulls.len() as f64 * 100.0,
        recovered: 100.0 * stats.frames_recovered as f64 / stats.packets_lost.max(1) as f64,
        distance: distance(outcome, original.as_flattened()),
    }
}

/// Compares 20 ms of the output with the original where the receiver says that it is. Where the audio
/// is made up, the place goes on from the last that is known.
fn distance(outcome: &Outcome, original: &[i16]) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    let mut place: Option<f64> = None;
    for pair in outcome.pulls.windows(2) {
        let [first, second] = pair else { continue };
        place = first.media.or_else(|| place.map(|place| place + 0.010));
        let Some(place) = place.filter(|_| first.at >= SETTLED) else {
            continue;
        };
        // libopus takes 6.5 ms to look ahead.
        let start = ((place - 0.0065) * 24_000.0).round() as usize;
        let Some(wanted) = original.get(start..start + 480) else {
            continue;
        };
        let wanted = bands(wanted);
        if wanted.iter().sum::<f64>() < LOUD {
            continue;
        }
        let mut heard = [0; 480];
        heard[..240].copy_from_slice(&first.samples);
        heard[240..].copy_from_slice(&second.samples);
        let heard = bands(&heard);
        let squares: f64 = wanted
            .iter()
            .zip(heard)
            .map(|(&wanted, heard)| {
                // What is 40 dB below the loudest band is not heard beside it.
                let floor = wanted.max(LOUD * 1e-2);
                (10.0 * (heard.max(LOUD * 1e-2) / floor).log10()).powi(2)
            })
            .sum();
        sum += (squares / BANDS as f64).sqrt();
        count += 1;
    }
    sum / f64::from(count.max(1))
}

/// Whether audio is received, all of it.
pub fn received(outcome: &Outcome, from: f64) -> bool {
    let later = outcome.pulls.iter().filter(|pull| pull.at >= from);
    later.clone().count() > 0 && later.clone().all(|pull| pull.audio == Audio::Received)
}

const BANDS: usize = 18;
/// Sum of the bands from which on there is speech.
const LOUD: f64 = 1e5;

/// Mean power of bands that are as wide as those of hearing, up to 8 kHz, of 20 ms at 24 kHz.
fn bands(samples: &[i16]) -> [f64; BANDS] {
    const EDGES: [usize; BANDS + 1] = [
        2, 4, 6, 8, 10, 13, 16, 19, 23, 27, 32, 38, 45, 53, 63, 75, 95, 125, 160,
    ];
    let mut real: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(i, &s)| {
            let window = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / 480.0).cos();
            f64::from(s) * window
        })
        .collect();
    real.resize(512, 0.0);
    let mut imaginary = vec![0.0; 512];
    transform(&mut real, &mut imaginary);
    std::array::from_fn(|band| {
        let range = EDGES[band]..EDGES[band + 1];
        let power: f64 = range
            .clone()
            .map(|i| real[i].powi(2) + imaginary[i].powi(2))
            .sum();
        power / range.len() as f64 / 512.0
    })
}

/// The discrete Fourier transform, in place, of a power of two of numbers.
fn transform(real: &mut [f64], imaginary: &mut [f64]) {
    let len = real.len();
    let mut j = 0;
    for i in 1..len {
        let mut bit = len >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j |= bit;
        if i < j {
            real.swap(i, j);
            imaginary.swap(i, j);
        }
    }
    let mut half = 1;
    while half < len {
        let step = -std::f64::consts::PI / half as f64;
        for start in (0..len).step_by(2 * half) {
            for k in 0..half {
                let (sin, cos) = (step * k as f64).sin_cos();
                let (a, b) = (start + k, start + k + half);
                let (re, im) = (
                    real[b] * cos - imaginary[b] * sin,
                    real[b] * sin + imaginary[b] * cos,
                );
                (real[b], imaginary[b]) = (real[a] - re, imaginary[a] - im);
                (real[a], imaginary[a]) = (real[a] + re, imaginary[a] + im);
            }
        }
        half *= 2;
    }
}
