//! Converts raw samples of any rate and number of channels to mono at 24 kHz.

use parlor_core::audio::SAMPLE_RATE;

use super::{AudioError, LONGEST};

/// Converts interleaved 16-bit samples, little-endian. An incomplete frame at the end is dropped.
pub(crate) fn mono(bytes: &[u8], rate: u32, channels: usize) -> Result<Vec<i16>, AudioError> {
    let frames = bytes.len() / (2 * channels);
    if frames as u64 * u64::from(SAMPLE_RATE) / u64::from(rate) > LONGEST as u64 {
        return Err(AudioError::TooLong);
    }
    let mixed: Vec<f32> = bytes
        .chunks_exact(2 * channels)
        .map(|frame| {
            let samples = frame
                .chunks_exact(2)
                .map(|it| i16::from_le_bytes([it[0], it[1]]));
            samples.map(f32::from).sum::<f32>() / channels as f32
        })
        .collect();
    Ok(resampled(&mixed, f64::from(rate) / f64::from(SAMPLE_RATE)))
}

/// Resamples; `step` is the number of input samples for one output sample. Downsampling averages
/// the input samples of each output sample, which removes most frequencies too high for the lower
/// rate; upsampling interpolates linearly.
fn resampled(samples: &[f32], step: f64) -> Vec<i16> {
    let length = (samples.len() as f64 / step) as usize;
    let at = |nth: usize| -> f32 {
        let from = nth as f64 * step;
        if step > 1.0 {
            let (first, last) = (from.round() as usize, (from + step).round() as usize);
            let span = samples
                .get(first..last.min(samples.len()))
                .unwrap_or_default();
            return span.iter().sum::<f32>() / span.len().max(1) as f32;
        }
        let (left, part) = (from as usize, from.fract() as f32);
        let here = samples.get(left).copied().unwrap_or_default();
        let next = samples.get(left + 1).copied().unwrap_or(here);
        here + (next - here) * part
    };
    (0..length).map(|nth| at(nth).round() as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(samples: &[i16]) -> Vec<u8> {
        samples.iter().flat_map(|it| it.to_le_bytes()).collect()
    }

    fn wave(hertz: f64, rate: f64, length: usize) -> Vec<i16> {
        let value = |at| (f64::from(at) * hertz / rate * std::f64::consts::TAU).sin();
        (0..length as u32)
            .map(|at| (value(at) * 10_000.0) as i16)
            .collect()
    }

    fn loudest(samples: &[i16]) -> u16 {
        samples
            .iter()
            .map(|it| it.unsigned_abs())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn samples_at_the_rate_of_the_call_are_unchanged() {
        let samples = wave(440.0, 24_000.0, 2_400);
        assert_eq!(mono(&bytes(&samples), 24_000, 1).unwrap(), samples);
        let odd = [bytes(&samples), vec![7]].concat();
        assert_eq!(mono(&odd, 24_000, 1).unwrap(), samples);
    }

    #[test]
    fn channels_are_mixed() {
        let both: Vec<i16> = [100, 300].repeat(50);
        assert_eq!(mono(&bytes(&both), 24_000, 2).unwrap(), [200; 50]);
        assert_eq!(mono(&[1, 2, 3], 24_000, 2).unwrap(), [0_i16; 0]);
    }

    #[test]
    fn a_voice_survives_every_rate() {
        for rate in [8_000, 16_000, 44_100, 48_000, 96_000] {
            let samples = wave(300.0, f64::from(rate), rate as usize / 10);
            let voice = mono(&bytes(&samples), rate, 1).unwrap();
            assert!(voice.len().abs_diff(2_400) <= 1, "{rate}: {}", voice.len());
            // The last sample has no next one to interpolate with.
            let wanted = wave(300.0, 24_000.0, voice.len() - 3);
            let off: Vec<_> = voice.iter().zip(&wanted).map(|(a, b)| a - b).collect();
            assert!(loudest(&off) < 1_000, "{rate}: {}", loudest(&off));
        }
    }

    #[test]
    fn audio_that_is_too_long_is_rejected() {
        let long = vec![0; 2 * (LONGEST / 3 + 10)];
        assert_eq!(mono(&long, 8_000, 1), Err(AudioError::TooLong));
    }
}
