//! Data streams: text and bytes of any length, sent between participants.
//!
//! The errors and the writer trait are those of `livekit-data-stream`, as in the official crate.

mod call;
mod error;
mod incoming;
mod info;
mod options;
mod reader;
mod send;
mod take_cell;
mod writer;
mod zero_length;

pub use info::{ByteStreamInfo, TextStreamInfo};
pub use livekit_data_stream::api::{StreamError, StreamResult, StreamWriter};
pub use options::{SendByteOptions, SendTextOptions, StreamTextOptions};
pub use reader::{ByteStreamReader, StreamReader, TextStreamReader};
pub(crate) use send::{send_bytes, send_text, stream_text};
pub use take_cell::TakeCell;
pub use writer::TextStreamWriter;
pub(crate) use zero_length::ZeroLengthStreams;
