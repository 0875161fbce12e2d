//! Decodes JSON into events and encodes commands as JSON.

use bytes::BytesMut;
use serde_json::{Value, json};

use super::*;
use crate::audio::Frame;
use crate::conversation::{AgentCommand, AgentError, AgentEvent, ReplyStatus, Role};
use crate::secret::{Private, Secret};

fn decode(json: &str) -> Result<AgentEvent, DecodeError> {
    Decoder::new().decode(json)
}

fn private(text: &str) -> Private<String> {
    text.to_owned().into()
}

mod hostile;
mod reading;
mod writing;
