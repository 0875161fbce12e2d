//! `session.update`: the configuration of a voice session, with field names as the API spells them.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::secret::{Private, Secret};

/// The `session` object of `session.update`. Fields that are not set are not sent, so the API
/// applies its defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SessionConfig {
    /// ID of an agent stored at the API. Must be the only field that is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// System prompt of the agent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "words")]
    pub system_prompt: Option<Private<String>>,
    /// What the agent says first, verbatim. Without it, the agent waits for the caller.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "words")]
    pub greeting: Option<Private<String>>,
    /// Settings for the caller's audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// Settings for the agent's audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// Tools, replacing those of the session. An empty list removes them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Custom language model; at most one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub llm: Vec<Llm>,
    /// Requests that the API sends to the operator's servers before a telephone call is connected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_connect_requests: Vec<PreConnectRequest>,
    /// Webhook for the API's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
}

/// `session.input`: settings for the caller's audio.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Input {
    /// Format of the audio that the client sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Words that are hard to recognise; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keyterms: Vec<String>,
    /// Trade-off between latency and accuracy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcription_mode: Option<TranscriptionMode>,
    /// Context for the speech recognition; at most 1750 characters.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "words")]
    pub transcription_prompt: Option<Private<String>>,
    /// Languages that callers speak, such as `en` or `de`. If empty, the API detects the language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub language_codes: Vec<String>,
    /// Distance of the caller from the microphone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_focus: Option<VoiceFocus>,
    /// Threshold of the voice focus, 0 to 1.
    #[serde(skip_serializing_if = "not_a_number")]
    pub voice_focus_threshold: Option<f64>,
    /// Whether the API continuously sends the partial transcript of a turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_partials: Option<bool>,
    /// When a turn starts and ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_detection: Option<TurnDetection>,
}

/// `session.input.turn_detection`: when a turn starts and ends.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TurnDetection {
    /// Kind of turn detection.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<TurnDetectionKind>,
    /// Threshold of the voice activity detection, 0 to 1. A lower value is more sensitive.
    #[serde(skip_serializing_if = "not_a_number")]
    pub vad_threshold: Option<f64>,
    /// Milliseconds of silence that end a finished sentence, 50 to 10000. Disables the API's
    /// adaptive pacing for the whole session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_silence: Option<u32>,
    /// Milliseconds of silence that end any turn, 50 to 10000. Must be more than `min_silence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_silence: Option<u32>,
    /// Whether the caller can interrupt the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupt_response: Option<bool>,
    /// Milliseconds that the caller must speak to interrupt, 0 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruption_delay: Option<u32>,
    /// Turns of the agent that the caller cannot interrupt, such as `greeting`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uninterruptible_turns: Vec<String>,
}

/// `session.output`: settings for the agent's audio.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Output {
    /// One of the API's voices. The API rejects the session if it does not know the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Format of the audio that the server sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Volume, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<u8>,
}

/// An audio format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Format {
    /// Encoding of the samples.
    pub encoding: Encoding,
    /// Samples per second: 24000 for PCM, 8000 for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<u32>,
}

impl Format {
    /// The format that this crate encodes and decodes: PCM16 at 24 kHz.
    pub const PCM: Self = Self {
        encoding: Encoding::Pcm,
        sample_rate: Some(crate::audio::SAMPLE_RATE),
    };
}

/// Encoding of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// 16-bit PCM, little-endian.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TranscriptionMode {
    /// A compromise between latency and accuracy.
    Balanced,
    /// Lowest latency.
    MinLatency,
    /// Highest accuracy.
    MaxAccuracy,
}

/// `voice_focus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoiceFocus {
    /// Close to the microphone, as with a headset or a telephone.
    NearField,
    /// Far from the microphone, as in a room.
    FarField,
}

/// `turn_detection.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnDetectionKind {
    /// Detects the end of a turn from what is said.
    SemanticVad,
    /// Detects the end of a turn from silence.
    ServerVad,
}

/// A tool that the agent may call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "function")]
pub struct Tool {
    /// Name of the tool: 1 to 64 letters, digits, `_` and `-`; must not start with `aai_`.
    pub name: String,
    /// Description of the tool for the model.
    pub description: String,
    /// JSON Schema of the arguments, of type `object`.
    pub parameters: Map<String, Value>,
    /// What the agent does while the tool runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// How long the API waits for the result, 1 to 300 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u16>,
    /// How the agent should present the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_instructions: Option<ResponseInstructions>,
}

/// `execution_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionMode {
    /// The conversation continues.
    Interactive,
    /// The agent is silent until the tool has finished.
    Hold,
}

/// `response_instructions`; each text has at most 500 characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ResponseInstructions {
    /// Used after a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<String>,
    /// Used after an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A custom language model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Llm {
    /// Base URL of the model's API.
    pub base_url: String,
    /// Name of the model.
    pub model: String,
    /// API key for `base_url`.
    #[serde(serialize_with = "secret")]
    pub api_key: Secret,
}

/// A request that the API sends before a telephone call is connected. `Debug` prints only the
/// number of fields, since they may contain keys.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PreConnectRequest(pub Map<String, Value>);

impl fmt::Debug for PreConnectRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreConnectRequest({} fields)", self.0.len())
    }
}

/// Webhook for the API's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// URL of the webhook.
    pub url: String,
    /// Events to send.
    pub events: Vec<String>,
    /// Secret that signs the events.
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

/// JSON has no infinity and NaN; serde_json would write `null`.
fn not_a_number(value: &Option<f64>) -> bool {
    value.is_none_or(|value| !value.is_finite())
}
