//! Checks a session configuration for errors that the API would reject.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::session::{Encoding, Format, Input, Output, SessionConfig, Tool, TurnDetection};

/// Maximum number of key terms.
const KEYTERMS: usize = 100;
/// Maximum length of the transcription prompt, in characters.
const TRANSCRIPTION_PROMPT: usize = 1_750;
/// Maximum length of response instructions, in characters.
const INSTRUCTIONS: usize = 500;
/// Silence that ends a turn, in milliseconds.
const SILENCE: RangeInclusive<f64> = 50.0..=10_000.0;
/// Interruption delay, in milliseconds.
const DELAY: RangeInclusive<f64> = 0.0..=1_000.0;
/// Tool timeout, in seconds.
const TOOL_TIMEOUT: RangeInclusive<f64> = 1.0..=300.0;
/// Maximum length of a tool's name.
const TOOL_NAME: usize = 64;
/// Prefix of tool names that is reserved for the API.
const RESERVED: &str = "aai_";

/// A setting that the API would reject. Messages contain field names and limits, never the values.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SessionProblem {
    /// A number is out of range.
    #[error("{field} must be from {least} to {most}")]
    OutOfRange {
        /// Name of the field, as the API spells it.
        field: String,
        /// Minimum value.
        least: f64,
        /// Maximum value.
        most: f64,
    },
    /// A text is too long.
    #[error("{field} must have at most {most} characters")]
    TooLong {
        /// Name of the field.
        field: String,
        /// Maximum length in characters.
        most: usize,
    },
    /// A list has too many entries.
    #[error("{field} must have at most {most} entries")]
    TooMany {
        /// Name of the field.
        field: String,
        /// Maximum number of entries.
        most: usize,
    },
    /// A text is empty.
    #[error("{field} must not be empty")]
    Empty {
        /// Name of the field.
        field: String,
    },
    /// `min_silence` is not less than `max_silence`.
    #[error("input.turn_detection.min_silence must be less than max_silence")]
    SilenceOrder,
    /// `agent_id` is combined with other settings.
    #[error("agent_id must be the only setting")]
    AgentIdNotAlone,
    /// An audio format is not PCM at 24000 Hz, the only one that Parlor supports.
    #[error("{field} must be audio/pcm at 24000 Hz")]
    WrongFormat {
        /// Name of the field.
        field: String,
    },
    /// A tool has an invalid name.
    #[error("{field} must be 1 to 64 characters (a-z, A-Z, 0-9, _ or -) and not start with aai_")]
    ToolName {
        /// Name of the field.
        field: String,
    },
    /// Two tools have the same name.
    #[error("{field} is already the name of another tool")]
    ToolTwice {
        /// Name of the field.
        field: String,
    },
    /// The parameters of a tool are not a JSON Schema of an object.
    #[error("{field} must be a JSON Schema with \"type\": \"object\"")]
    ToolParameters {
        /// Name of the field.
        field: String,
    },
}

impl SessionConfig {
    /// All problems that are found, in the order of the fields.
    pub fn problems(&self) -> Vec<SessionProblem> {
        let mut problems = Problems(Vec::new());
        problems.session(self);
        problems.0
    }
}

struct Problems(Vec<SessionProblem>);

impl Problems {
    fn session(&mut self, session: &SessionConfig) {
        if let Some(id) = &session.agent_id {
            let alone = SessionConfig {
                agent_id: Some(id.clone()),
                ..SessionConfig::default()
            };
            self.filled("agent_id", id);
            self.refuse(*session != alone, || SessionProblem::AgentIdNotAlone);
        }
        if let Some(greeting) = &session.greeting {
            self.filled("greeting", greeting.reveal());
        }
        if let Some(input) = &session.input {
            self.input(input);
        }
        if let Some(output) = &session.output {
            self.output(output);
        }
        self.tools(session.tools.as_deref().unwrap_or_default());
        self.count("llm", session.llm.len(), 1);
        for llm in &session.llm {
            self.filled("llm[0].base_url", &llm.base_url);
            self.filled("llm[0].model", &llm.model);
        }
        if let Some(webhook) = &session.webhook {
            self.filled("webhook.url", &webhook.url);
        }
    }

    fn input(&mut self, input: &Input) {
        self.format("input.format", input.format);
        self.count("input.keyterms", input.keyterms.len(), KEYTERMS);
        for (at, term) in input.keyterms.iter().enumerate() {
            self.filled(&format!("input.keyterms[{at}]"), term);
        }
        if let Some(prompt) = &input.transcription_prompt {
            self.length(
                "input.transcription_prompt",
                prompt.reveal(),
                TRANSCRIPTION_PROMPT,
            );
        }
        for (at, code) in input.language_codes.iter().enumerate() {
            self.filled(&format!("input.language_codes[{at}]"), code);
        }
        self.range(
            "input.voice_focus_threshold",
            input.voice_focus_threshold,
            0.0..=1.0,
        );
        if let Some(turns) = &input.turn_detection {
            self.turn_detection(turns);
        }
    }

    fn turn_detection(&mut self, turns: &TurnDetection) {
        let (least, most) = (turns.min_silence, turns.max_silence);
        let within = "input.turn_detection";
        self.range(
            &format!("{within}.vad_threshold"),
            turns.vad_threshold,
            0.0..=1.0,
        );
        self.range(
            &format!("{within}.min_silence"),
            least.map(f64::from),
            SILENCE,
        );
        self.range(
            &format!("{within}.max_silence"),
            most.map(f64::from),
            SILENCE,
        );
        self.refuse(
            least.zip(most).is_some_and(|(least, most)| least >= most),
            || SessionProblem::SilenceOrder,
        );
        let delay = turns.interruption_delay.map(f64::from);
        self.range(&format!("{within}.interruption_delay"), delay, DELAY);
    }

    fn output(&mut self, output: &Output) {
        if let Some(voice) = &output.voice {
            self.filled("output.voice", voice);
        }
        self.format("output.format", output.format);
        self.range("output.volume", output.volume.map(f64::from), 0.0..=100.0);
    }

    fn tools(&mut self, tools: &[Tool]) {
        let mut names = HashSet::new();
        for (at, tool) in tools.iter().enumerate() {
            let field = |name: &str| format!("tools[{at}].{name}");
            self.refuse(!is_tool_name(&tool.name), || SessionProblem::ToolName {
                field: field("name"),
            });
            self.refuse(!names.insert(&tool.name), || SessionProblem::ToolTwice {
                field: field("name"),
            });
            let is_schema = tool.parameters.get("type").and_then(Value::as_str) == Some("object")
                && tool
                    .parameters
                    .get("properties")
                    .is_none_or(Value::is_object);
            self.refuse(!is_schema, || SessionProblem::ToolParameters {
                field: field("parameters"),
            });
            let timeout = tool.timeout_seconds.map(f64::from);
            self.range(&field("timeout_seconds"), timeout, TOOL_TIMEOUT);
            if let Some(instructions) = &tool.response_instructions {
                let success = instructions.success.as_deref().unwrap_or_default();
                let error = instructions.error.as_deref().unwrap_or_default();
                self.length(
                    &field("response_instructions.success"),
                    success,
                    INSTRUCTIONS,
                );
                self.length(&field("response_instructions.error"), error, INSTRUCTIONS);
            }
        }
    }

    fn format(&mut self, field: &str, format: Option<Format>) {
        let wrong = |format: Format| {
            format.encoding != Encoding::Pcm
                || format
                    .sample_rate
                    .is_some_and(|rate| rate != crate::audio::SAMPLE_RATE)
        };
        self.refuse(format.is_some_and(wrong), || SessionProblem::WrongFormat {
            field: field.to_owned(),
        });
    }

    fn range(&mut self, field: &str, value: Option<f64>, range: RangeInclusive<f64>) {
        self.refuse(value.is_some_and(|value| !range.contains(&value)), || {
            SessionProblem::OutOfRange {
                field: field.to_owned(),
                least: *range.start(),
                most: *range.end(),
            }
        });
    }

    fn length(&mut self, field: &str, text: &str, most: usize) {
        self.refuse(text.chars().count() > most, || SessionProblem::TooLong {
            field: field.to_owned(),
            most,
        });
    }

    fn count(&mut self, field: &str, count: usize, most: usize) {
        self.refuse(count > most, || SessionProblem::TooMany {
            field: field.to_owned(),
            most,
        });
    }

    fn filled(&mut self, field: &str, text: &str) {
        self.refuse(text.trim().is_empty(), || SessionProblem::Empty {
            field: field.to_owned(),
        });
    }

    fn refuse(&mut self, wrong: bool, problem: impl FnOnce() -> SessionProblem) {
        if wrong {
            self.0.push(problem());
        }
    }
}

fn is_tool_name(name: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-');
    (1..=TOOL_NAME).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(RESERVED)
}
