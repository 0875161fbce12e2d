//! Loads sounds from WAV files.

use std::path::Path;

use hound::{SampleFormat, WavReader};
use parlor_common::wav;
use parlor_core::audio::SAMPLE_RATE;

use super::{LONGEST, SoundError};

/// Reads a WAV file with 24 kHz, 16 bit, mono or stereo; stereo is averaged to mono.
pub(super) fn read(path: &Path) -> Result<Vec<i16>, SoundError> {
    let unreadable = |why: String| SoundError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let metadata = path.metadata().map_err(|why| unreadable(why.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is not a file".to_owned()));
    }
    let reader = WavReader::open(path).map_err(|why| unreadable(why.to_string()))?;
    let spec = reader.spec();
    let is_right = spec.sample_format == SampleFormat::Int
        && spec.bits_per_sample == 16
        && spec.sample_rate == SAMPLE_RATE
        && (1..=2).contains(&spec.channels);
    if !is_right {
        return Err(SoundError::Format {
            path: path.to_owned(),
            is: format!(
                "a WAV file with {} Hz, {} bit, {} channels",
                spec.sample_rate, spec.bits_per_sample, spec.channels
            ),
        });
    }
    if !(1..=LONGEST * SAMPLE_RATE).contains(&reader.duration()) {
        return Err(SoundError::Length(path.to_owned()));
    }
    wav::decoded(reader).map_err(|why| unreadable(why.to_string()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use hound::{WavSpec, WavWriter};

    use super::*;

    const RIGHT: WavSpec = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };

    /// A file that is deleted after the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let name = format!("parlor-sound-{}-{name}.wav", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn wav(name: &str, spec: WavSpec, samples: &[i16]) -> Self {
            let file = Self::new(name);
            let mut writer = WavWriter::create(&file.0, spec).unwrap();
            for sample in samples {
                writer.write_sample(*sample).unwrap();
            }
            writer.finalize().unwrap();
            file
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            // The file may never have been written.
            std::fs::remove_file(&self.0).ok();
        }
    }

    #[test]
    fn mono_is_unchanged_and_stereo_is_averaged() {
        let file = Scratch::wav("mono", RIGHT, &[1, -2, 3]);
        assert_eq!(read(&file.0).unwrap(), [1, -2, 3]);
        let stereo = WavSpec {
            channels: 2,
            ..RIGHT
        };
        let file = Scratch::wav("stereo", stereo, &[10, 20, i16::MAX, i16::MAX, -4, 4]);
        assert_eq!(read(&file.0).unwrap(), [15, i16::MAX, 0]);
    }

    #[test]
    fn the_error_about_a_format_names_the_supported_one() {
        let file = Scratch::wav(
            "rate",
            WavSpec {
                sample_rate: 44_100,
                ..RIGHT
            },
            &[1],
        );
        let error = read(&file.0).unwrap_err().to_string();
        assert!(
            error.contains("is a WAV file with 44100 Hz, 16 bit, 1 channels"),
            "{error}"
        );
        assert!(
            error.contains("24000 Hz, 16 bit, mono or stereo"),
            "{error}"
        );
    }

    #[test]
    fn empty_and_overlong_files_are_rejected() {
        let too_long = vec![0; (LONGEST * SAMPLE_RATE + 1) as usize];
        for (name, samples) in [("empty", [].as_slice()), ("long", &too_long)] {
            let file = Scratch::wav(name, RIGHT, samples);
            let error = read(&file.0).unwrap_err();
            assert!(matches!(error, SoundError::Length(_)), "{error}");
        }
    }

    #[test]
    fn files_that_are_not_wav_are_rejected() {
        let file = Scratch::new("text");
        std::fs::write(&file.0, "RIFF and nothing else").unwrap();
        let folder = std::env::temp_dir();
        for path in [&file.0, &folder, &folder.join("parlor-no-such-sound.wav")] {
            let error = read(path).unwrap_err();
            assert!(matches!(error, SoundError::Unreadable { .. }), "{error}");
        }
        let file = Scratch::wav("cut", RIGHT, &[7; 1_000]);
        let whole = std::fs::read(&file.0).unwrap();
        std::fs::write(&file.0, &whole[..whole.len() - 500]).unwrap();
        assert!(read(&file.0).is_err(), "it is truncated");
    }
}
