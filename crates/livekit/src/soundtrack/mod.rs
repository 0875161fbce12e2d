//! Background sounds that callers hear besides the agent's voice: built-in ones, which are
//! synthesized, and WAV files.

mod synthesized;
mod wav;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parlor_core::audio::SAMPLE_RATE;
use parlor_core::conversation::Sounds;
use serde::Deserialize;

/// Maximum length of a WAV file, in seconds.
const LONGEST: u32 = 120;

/// `[sounds]` of `agent.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Soundtrack {
    /// Plays all the time.
    pub ambience: Option<Sound>,
    /// Plays while the agent is thinking or a tool is running.
    pub thinking: Option<Sound>,
    /// Plays while a tool is running that keeps the agent silent.
    pub hold: Option<Sound>,
    /// Volume of all sounds.
    pub volume: Volume,
}

/// A sound that is played in a loop: mono at 24 kHz.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Sound(Arc<[i16]>);

/// Volume: a factor from 0 to 1, 0.3 by default.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f32")]
pub struct Volume(f32);

/// Why a sound could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The name is neither a built-in sound nor the path of a WAV file.
    #[error("unknown sound {0:?}: it must be \"keys\", \"chime\" or the path of a WAV file")]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read {}: {why}", .path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// The error.
        why: String,
    },
    /// The WAV file has an unsupported format.
    #[error(
        "{} is {is}, but must be a WAV file with {SAMPLE_RATE} Hz, 16 bit, mono or stereo; \
         convert it with: ffmpeg -i IN -ar {SAMPLE_RATE} -sample_fmt s16 OUT.wav",
        .path.display()
    )]
    Format {
        /// Path of the file.
        path: PathBuf,
        /// Description of its format.
        is: String,
    },
    /// The file is empty or too long.
    #[error("{} must be longer than 0 and at most {LONGEST} seconds", .0.display())]
    Length(PathBuf),
}

impl Soundtrack {
    /// Which of the sounds are set.
    pub fn sounds(&self) -> Sounds {
        Sounds {
            ambience: self.ambience.is_some(),
            thinking: self.thinking.is_some(),
            hold: self.hold.is_some(),
        }
    }

    /// Whether any sound is set.
    pub fn is_on(&self) -> bool {
        self.sounds() != Sounds::default()
    }
}

impl Sound {
    /// Loads the built-in sound `name` (`keys` or `chime`), or the WAV file at the path `name`.
    ///
    /// # Errors
    /// [`SoundError`]
    pub fn named(name: &str) -> Result<Self, SoundError> {
        let path = Path::new(name);
        let is_wav = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("wav");
        let samples = match name {
            "keys" => synthesized::keys(),
            "chime" => synthesized::chime(),
            _ if path.extension().is_some_and(is_wav) => wav::read(path)?,
            _ => return Err(SoundError::Unknown(name.to_owned())),
        };
        Ok(Self::from(samples))
    }

    /// The samples of one pass through the sound.
    pub fn samples(&self) -> &[i16] {
        &self.0
    }
}

impl From<Vec<i16>> for Sound {
    fn from(samples: Vec<i16>) -> Self {
        Self(samples.into())
    }
}

impl TryFrom<String> for Sound {
    type Error = SoundError;

    fn try_from(name: String) -> Result<Self, SoundError> {
        Self::named(&name)
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound")
            .field("samples", &self.0.len())
            .finish()
    }
}

impl Volume {
    /// The factor that samples are multiplied by.
    pub fn factor(self) -> f32 {
        self.0
    }
}

impl Default for Volume {
    fn default() -> Self {
        Self(0.3)
    }
}

impl TryFrom<f32> for Volume {
    type Error = &'static str;

    fn try_from(factor: f32) -> Result<Self, &'static str> {
        match (0.0..=1.0).contains(&factor) {
            true => Ok(Self(factor)),
            false => Err("volume must be from 0 to 1"),
        }
    }
}
