//! Reads and writes speech as WAV files.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use parlor_core::audio::SAMPLE_RATE;

/// Reads a WAV file of any sample rate and channel count as mono 16-bit audio at 24 kHz.
///
/// # Errors
/// Fails if the file cannot be read, is not a WAV file, or contains no audio.
pub fn read(path: &Path) -> anyhow::Result<Vec<i16>> {
    let what = || format!("cannot read {}", path.display());
    let reader = WavReader::open(path).with_context(what)?;
    let samples = decoded(reader).with_context(what)?;
    if samples.is_empty() {
        bail!("{} contains no audio", path.display());
    }
    Ok(samples)
}

/// Reads an open WAV file like [`read`]; returns no samples if it is empty.
pub fn decoded<R: Read>(mut reader: WavReader<R>) -> hound::Result<Vec<i16>> {
    let spec = reader.spec();
    let samples = match spec.sample_format {
        SampleFormat::Int => {
            let shift = i32::from(spec.bits_per_sample) - 16;
            let to_16 = |sample: i32| {
                if shift >= 0 {
                    sample >> shift
                } else {
                    sample << -shift
                }
            };
            let samples = reader.samples::<i32>().map(|sample| sample.map(to_16));
            samples.collect::<Result<Vec<_>, _>>()
        }
        SampleFormat::Float => {
            let to_16 = |sample: f32| (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i32;
            let samples = reader.samples::<f32>().map(|sample| sample.map(to_16));
            samples.collect()
        }
    };
    Ok(resample(&mix(&samples?, spec.channels), spec.sample_rate))
}

/// Writes mono 16-bit audio at 24 kHz to a WAV file.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(path: &Path, samples: &[i16]) -> anyhow::Result<()> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let what = || format!("cannot write {}", path.display());
    let mut writer = WavWriter::create(path, spec).with_context(what)?;
    for sample in samples {
        writer.write_sample(*sample).with_context(what)?;
    }
    writer.finalize().with_context(what)
}

fn mix(samples: &[i32], channels: u16) -> Vec<i32> {
    let channels = usize::from(channels.max(1));
    let mean = |frame: &[i32]| frame.iter().sum::<i32>() / channels as i32;
    samples.chunks_exact(channels).map(mean).collect()
}

/// Resamples to 24 kHz by linear interpolation, which is good enough for speech.
fn resample(samples: &[i32], rate: u32) -> Vec<i16> {
    let length = samples.len() as u64 * u64::from(SAMPLE_RATE) / u64::from(rate.max(1));
    let at = |index: u64| samples.get(index as usize).copied().unwrap_or_default();
    let sample = |index: u64| {
        let position = index * u64::from(rate);
        let (whole, part) = (
            position / u64::from(SAMPLE_RATE),
            position % u64::from(SAMPLE_RATE),
        );
        let (from, to) = (i64::from(at(whole)), i64::from(at(whole + 1)));
        let sample = from + (to - from) * part as i64 / i64::from(SAMPLE_RATE);
        sample.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16
    };
    (0..length).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_keeps_its_shape_at_another_rate() {
        let ramp: Vec<i32> = (0..480).collect();
        let doubled = resample(&ramp, 12_000);
        assert_eq!(doubled.len(), 960);
        assert_eq!(doubled[..6], [0, 0, 1, 1, 2, 2]);
        assert_eq!(resample(&ramp, 24_000)[..4], [0, 1, 2, 3]);
    }

    #[test]
    fn stereo_is_mixed_down_to_the_mean() {
        assert_eq!(mix(&[10, 20, -4, 4], 2), [15, 0]);
    }
}
