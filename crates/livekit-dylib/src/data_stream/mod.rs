//! Data streams: text, bytes and files of any length, sent between participants.
//!
//! The errors, operation types and writer trait are those of `livekit-data-stream`, as in the
//! official crate. Types that contain a [`StreamProgress`] are defined here, because only
//! `livekit-data-stream` can create its own progress type.

mod call;
mod error;
mod incoming;
mod info;
mod options;
mod progress;
mod reader;
mod send;
mod take_cell;
mod writer;
mod zero_length;

pub use incoming::StreamCloser;
pub use info::{ByteStreamInfo, TextStreamInfo};
pub use livekit_data_stream::api::{OperationType, StreamError, StreamResult, StreamWriter};
pub use options::{
    SendByteOptions, SendTextOptions, StreamByteOptions, StreamProgressCallback, StreamTextOptions,
};
pub use progress::StreamProgress;
pub use reader::{AnyStreamReader, ByteStreamReader, StreamReader, TextStreamReader};
pub(crate) use send::{send_bytes, send_file, send_text, stream_bytes, stream_text};
pub use take_cell::TakeCell;
pub use writer::{ByteStreamWriter, TextStreamWriter};
pub(crate) use zero_length::ZeroLengthStreams;
