//! `session.update`: what the voice session is, field by field as the API spells them.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::secret::{Private, Secret};

/// The `session` object of `session.update`. What is not set is not sent, and the API decides.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SessionConfig {
    /// An agent stored at the API; then nothing else may be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What the agent is told about itself and its task.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "words")]
    pub system_prompt: Option<Private<String>>,
    /// Said first, word for word; without it the agent waits.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "words")]
    pub greeting: Option<Private<String>>,
    /// How the caller is heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// How the agent sounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// Replaces all tools; an empty list takes them away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// A language model of one's own, at most one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub llm: Vec<Llm>,
    /// What the API asks the operator's servers before a telephone call is connected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_connect_requests: Vec<PreConnectRequest>,
    /// Where the API reports to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
}

/// `session.input`: how the caller is heard.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Input {
    /// What we send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Words that are hard to hear right, at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keyterms: Vec<String>,
    /// Speed against accuracy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcription_mode: Option<TranscriptionMode>,
    /// What the speech recognition should know, at most 1750 characters.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "words")]
    pub transcription_prompt: Option<Private<String>>,
    /// What callers speak, `en`, `de`…; none means: found out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub language_codes: Vec<String>,
    /// How far from the microphone the caller is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_focus: Option<VoiceFocus>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "not_a_number")]
    pub voice_focus_threshold: Option<f64>,
    /// Whether a turn's text so far is sent all the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_partials: Option<bool>,
    /// When a turn starts and ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_detection: Option<TurnDetection>,
}

/// `session.input.turn_detection`: when a turn starts and ends.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TurnDetection {
    /// Which detector.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<TurnDetectionKind>,
    /// 0 to 1, lower hears more.
    #[serde(skip_serializing_if = "not_a_number")]
    pub vad_threshold: Option<f64>,
    /// Milliseconds of silence that end a finished sentence, 50 to 10000. Switches the API's
    /// adaptive pacing off for the whole session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_silence: Option<u32>,
    /// Milliseconds of silence that end any turn, 50 to 10000; more than `min_silence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_silence: Option<u32>,
    /// Whether the caller can interrupt the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupt_response: Option<bool>,
    /// Milliseconds the caller must speak to interrupt, 0 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruption_delay: Option<u32>,
    /// Turns of the agent that nobody can interrupt, such as `greeting`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uninterruptible_turns: Vec<String>,
}

/// `session.output`: how the agent sounds.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Output {
    /// One of the API's voices; a name that it does not know is fatal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// What we get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<u8>,
}

/// An audio format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Format {
    /// How samples are coded.
    pub encoding: Encoding,
    /// Samples a second: 24000 for PCM, 8000 for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<u32>,
}

impl Format {
    /// What this crate sends and reads.
    pub const PCM: Self = Self {
        encoding: Encoding::Pcm,
        sample_rate: Some(crate::audio::SAMPLE_RATE),
    };
}

/// How samples are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// 16 bits, little end first.
    #[serde(rename = "audio/pcm")]
    Pcm,
    /// µ-law.
    #[serde(rename = "audio/pcmu")]
    Pcmu,
    /// A-law.
    #[serde(rename = "audio/pcma")]
    Pcma,
}

/// `transcription_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TranscriptionMode {
    /// Between the two.
    Balanced,
    /// Answers soonest.
    MinLatency,
    /// Hears best.
    MaxAccuracy,
}

/// `voice_focus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoiceFocus {
    /// A headset or a telephone.
    NearField,
    /// A room.
    FarField,
}

/// `turn_detection.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnDetectionKind {
    /// By what is said.
    SemanticVad,
    /// By silence.
    ServerVad,
}

/// A tool that the agent may call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "function")]
pub struct Tool {
    /// Letters, digits, `_` and `-`, at most 64; not `aai_…`.
    pub name: String,
    /// Tells the model what it is for.
    pub description: String,
    /// A JSON Schema of the arguments, of type `object`.
    pub parameters: Map<String, Value>,
    /// What the agent does in the meantime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// How long the API waits, 1 to 300 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u16>,
    /// How the agent is to tell the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_instructions: Option<ResponseInstructions>,
}

/// `execution_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionMode {
    /// The conversation goes on.
    Interactive,
    /// The agent is silent until the tool is done.
    Hold,
}

/// `response_instructions`, each at most 500 characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ResponseInstructions {
    /// After a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<String>,
    /// After an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A language model of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Llm {
    /// Its address.
    pub base_url: String,
    /// Its name there.
    pub model: String,
    /// Opens it.
    #[serde(serialize_with = "secret")]
    pub api_key: Secret,
}

/// What the API asks before a telephone call is connected. Prints how many fields it has,
/// since they may hold keys.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PreConnectRequest(pub Map<String, Value>);

impl fmt::Debug for PreConnectRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreConnectRequest({} fields)", self.0.len())
    }
}

/// Where the API reports to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Its address.
    pub url: String,
    /// What it is told.
    pub events: Vec<String>,
    /// Signs what it is told.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "signature")]
    pub secret: Option<Secret>,
}

fn words<S: Serializer>(text: &Option<Private<String>>, to: S) -> Result<S::Ok, S::Error> {
    text.as_ref().map(|text| text.reveal()).serialize(to)
}

fn secret<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
    secret.reveal().serialize(to)
}

fn signature<S: Serializer>(secret: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::reveal).serialize(to)
}

/// JSON would write infinity and NaN as `null`.
fn not_a_number(value: &Option<f64>) -> bool {
    value.is_none_or(|value| !value.is_finite())
}
