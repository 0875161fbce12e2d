//! `[listening]` and `[turns]` of the agent file.

use parlor_core::conversation::BargeIn;
use parlor_core::secret::Private;
use parlor_core::wire::agent::{
    Format, Input, SessionProblem, TranscriptionMode, TurnDetection, VoiceFocus,
};
use serde::Deserialize;

use super::trimmed;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listening {
    keyterms: Vec<String>,
    mode: Option<TranscriptionMode>,
    languages: Vec<String>,
    hint: Option<Private<String>>,
    voice_focus: Option<VoiceFocus>,
    voice_focus_threshold: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Turns {
    pub(super) barge_in: Option<BargeIn>,
    interruptible: Option<bool>,
    interruption_delay: Option<i64>,
    vad_threshold: Option<f64>,
    min_silence: Option<i64>,
    max_silence: Option<i64>,
}

impl Listening {
    pub(super) fn input(&self, turn_detection: Option<TurnDetection>) -> Input {
        Input {
            format: Some(Format::PCM),
            keyterms: self.keyterms.clone(),
            transcription_mode: self.mode,
            transcription_prompt: self.hint.as_ref().map(trimmed),
            language_codes: self.languages.clone(),
            voice_focus: self.voice_focus,
            voice_focus_threshold: self.voice_focus_threshold,
            turn_detection,
            ..Input::default()
        }
    }
}

impl Turns {
    /// `None` if nothing is set, so that the API keeps its adaptive pacing.
    pub(super) fn detection(&self) -> Option<TurnDetection> {
        let detection = TurnDetection {
            vad_threshold: self.vad_threshold,
            min_silence: self.min_silence.map(milliseconds),
            max_silence: self.max_silence.map(milliseconds),
            interrupt_response: self.interruptible,
            interruption_delay: self.interruption_delay.map(milliseconds),
            ..TurnDetection::default()
        };
        (detection != TurnDetection::default()).then_some(detection)
    }
}

/// The largest number stands for invalid ones: it is out of range, too, and reported as such.
fn milliseconds(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Prefixes of the API's field names with the keys they come from; longer prefixes first.
const KEYS: [(&str, &str); 8] = [
    // Each tool is checked alone.
    ("tools[0].", ""),
    ("input.turn_detection.", "[turns] "),
    ("input.transcription_prompt", "[listening] hint"),
    ("input.transcription_mode", "[listening] mode"),
    ("input.language_codes", "[listening] languages"),
    ("input.", "[listening] "),
    ("output.voice", "[voice] name"),
    ("output.", "[voice] "),
];

pub(super) fn with_config_key(problem: &SessionProblem) -> String {
    let text = problem.to_string();
    let renamed = KEYS.iter().find_map(|(field, key)| {
        let rest = text.strip_prefix(field)?;
        Some(format!("{key}{rest}"))
    });
    renamed.unwrap_or(text)
}
