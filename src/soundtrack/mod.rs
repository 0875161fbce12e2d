//! What callers hear besides the agent's voice: sounds that are shipped, made by code, and WAV
//! files.

mod synthesized;
mod wav;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parlor_core::audio::SAMPLE_RATE;
use parlor_core::conversation::Sounds;
use serde::Deserialize;

/// The longest sound of a file, in seconds; then it begins again.
const LONGEST: u32 = 120;

/// `[sounds]` of `agent.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Soundtrack {
    /// Goes on all the time.
    pub ambience: Option<Sound>,
    /// While the agent thinks, or a tool works.
    pub thinking: Option<Sound>,
    /// While a tool works that keeps the agent silent.
    pub hold: Option<Sound>,
    /// How loud they are.
    pub volume: Volume,
}

/// A sound that begins again when it is over: mono at 24 kHz.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Sound(Arc<[i16]>);

/// A factor from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f32")]
pub struct Volume(f32);

/// Why there is no such sound.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// It is neither shipped nor a file.
    #[error("there is no sound {0:?}: it must be \"keys\", \"chime\" or the path of a WAV file")]
    Unknown(String),
    /// The file cannot be read.
    #[error("{} cannot be read: {why}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file has another format.
    #[error(
        "{} is {is}, and must be a WAV file of {SAMPLE_RATE} Hz, 16 bit, mono or stereo: \
         ffmpeg -i IN -ar {SAMPLE_RATE} -sample_fmt s16 OUT.wav makes one",
        .path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is.
        is: String,
    },
    /// The file holds too much, or nothing.
    #[error("{} must hold more than 0 and at most {LONGEST} seconds", .0.display())]
    Length(PathBuf),
}

impl Soundtrack {
    /// Which sounds there are.
    pub fn sounds(&self) -> Sounds {
        Sounds {
            ambience: self.ambience.is_some(),
            thinking: self.thinking.is_some(),
            hold: self.hold.is_some(),
        }
    }

    /// Whether there is anything to be heard.
    pub fn is_on(&self) -> bool {
        self.sounds() != Sounds::default()
    }
}

impl Sound {
    /// The sound of that name, or of the file at that path.
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

    /// All of it, once.
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
    /// What samples are multiplied with.
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
            false => Err("volume must be 0 to 1"),
        }
    }
}
