//! `agent.toml`: what the agent is and says.

use std::path::Path;
use std::time::Duration;

use parlor_core::conversation::{BargeIn, Settings};
use parlor_core::private::Private;
use parlor_core::wire::agent::{
    Format, Input, Output, Problem, SessionConfig, TranscriptionMode, TurnDetection, VoiceFocus,
};
use serde::Deserialize;

use super::barge_in::BargeInName;
use super::file_error::FileError;
use super::{Agent, DEFAULT_AGENT_FILE};

/// The agent's name when the file gives none.
const DEFAULT_NAME: &str = "Parlor";

/// The file that comes with Parlor.
const SHIPPED: &str = include_str!("../../agent.toml");

/// The file as it is written. Every key is optional, and no other is taken.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentFile {
    name: Option<String>,
    prompt: Option<Private<String>>,
    greeting: Option<Private<String>>,
    voice: Voice,
    listening: Listening,
    turns: Turns,
    limits: Limits,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Voice {
    name: Option<String>,
    volume: Option<u8>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Listening {
    keyterms: Vec<String>,
    mode: Option<Mode>,
    languages: Vec<String>,
    hint: Option<Private<String>>,
    voice_focus: Option<Focus>,
    voice_focus_threshold: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Turns {
    barge_in: Option<BargeInName>,
    interruptible: Option<bool>,
    interruption_delay: Option<u32>,
    vad_threshold: Option<f64>,
    min_silence: Option<u32>,
    max_silence: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    caller_wait: Option<f64>,
    caller_grace: Option<f64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Balanced,
    MinLatency,
    MaxAccuracy,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Focus {
    NearField,
    FarField,
}

impl AgentFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path).map_err(|error| FileError::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(path, &text)
    }

    /// The agent of whoever has not written a file yet.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub(super) fn shipped() -> Result<Self, FileError> {
        Self::parse(Path::new(DEFAULT_AGENT_FILE), SHIPPED)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let file: Self =
            toml::from_str(text).map_err(|error| FileError::parse(path, text, &error))?;
        let problems = file.problems();
        if problems.is_empty() {
            return Ok(file);
        }
        Err(FileError::Refused {
            path: path.to_owned(),
            problems,
        })
    }

    /// The agent that the file describes.
    pub(super) fn into_agent(self) -> Agent {
        let defaults = Settings::default();
        let settings = Settings {
            brief: self.session().into(),
            barge_in: self.turns.barge_in.map_or(defaults.barge_in, BargeIn::from),
            caller_wait: seconds(self.limits.caller_wait).or(defaults.caller_wait),
            caller_grace: seconds(self.limits.caller_grace).unwrap_or(defaults.caller_grace),
            ..defaults
        };
        Agent {
            name: self.name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
            settings,
        }
    }

    fn session(&self) -> SessionConfig {
        SessionConfig {
            system_prompt: self.prompt.as_ref().map(trimmed),
            greeting: self.greeting.as_ref().map(trimmed),
            input: Some(self.listening.input(self.turns.detection())),
            output: Some(Output {
                voice: self.voice.name.clone(),
                format: Some(Format::PCM),
                volume: self.voice.volume,
            }),
            ..SessionConfig::default()
        }
    }

    /// What the API would refuse, and limits that are no time.
    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<_> = self.session().problems().iter().map(by_key).collect();
        let limits = [
            ("caller_wait", self.limits.caller_wait),
            ("caller_grace", self.limits.caller_grace),
        ];
        for (key, value) in limits {
            if value.is_some() && seconds(value).is_none() {
                problems.push(format!("[limits] {key} must be seconds, 0 or more"));
            }
        }
        problems
    }
}

impl Listening {
    fn input(&self, turn_detection: Option<TurnDetection>) -> Input {
        Input {
            format: Some(Format::PCM),
            keyterms: self.keyterms.clone(),
            transcription_mode: self.mode.map(|mode| match mode {
                Mode::Balanced => TranscriptionMode::Balanced,
                Mode::MinLatency => TranscriptionMode::MinLatency,
                Mode::MaxAccuracy => TranscriptionMode::MaxAccuracy,
            }),
            transcription_prompt: self.hint.as_ref().map(trimmed),
            language_codes: self.languages.clone(),
            voice_focus: self.voice_focus.map(|focus| match focus {
                Focus::NearField => VoiceFocus::NearField,
                Focus::FarField => VoiceFocus::FarField,
            }),
            voice_focus_threshold: self.voice_focus_threshold,
            turn_detection,
            ..Input::default()
        }
    }
}

impl Turns {
    /// Nothing when nothing is set, so that the API keeps its adaptive pacing.
    fn detection(&self) -> Option<TurnDetection> {
        let detection = TurnDetection {
            vad_threshold: self.vad_threshold,
            min_silence: self.min_silence,
            max_silence: self.max_silence,
            interrupt_response: self.interruptible,
            interruption_delay: self.interruption_delay,
            ..TurnDetection::default()
        };
        (detection != TurnDetection::default()).then_some(detection)
    }
}

fn trimmed(words: &Private<String>) -> Private<String> {
    Private::new(words.reveal().trim().to_owned())
}

/// The API's names of fields, and the keys that they come from; longer ones first.
const KEYS: [(&str, &str); 7] = [
    ("input.turn_detection.", "[turns] "),
    ("input.transcription_prompt", "[listening] hint"),
    ("input.transcription_mode", "[listening] mode"),
    ("input.language_codes", "[listening] languages"),
    ("input.", "[listening] "),
    ("output.voice", "[voice] name"),
    ("output.", "[voice] "),
];

fn by_key(problem: &Problem) -> String {
    let text = problem.to_string();
    let renamed = KEYS.iter().find_map(|(field, key)| {
        let rest = text.strip_prefix(field)?;
        Some(format!("{key}{rest}"))
    });
    renamed.unwrap_or(text)
}

fn seconds(value: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(value?).ok()
}
