//! Sending complete streams, and opening a text stream for incremental writing.

use livekit_data_stream::api::StreamResult;

use super::call::{answered, within};
use super::info::{ByteStreamInfo, TextStreamInfo};
use super::options::{SendByteOptions, SendTextOptions, StreamTextOptions};
use super::writer::TextStreamWriter;
use crate::ffi::{Ev, FfiError, Req};
use crate::proto;

/// Sends a text as a text stream of the local participant.
pub(crate) async fn send_text(
    local_participant_handle: u64,
    text: &str,
    options: SendTextOptions,
) -> StreamResult<TextStreamInfo> {
    let event = within(text.len() as u64, |id| {
        Req::SendText(proto::StreamSendTextRequest {
            local_participant_handle,
            options: options.into(),
            text: text.to_owned(),
            request_async_id: Some(id),
        })
    });
    answered!(SendText, stream_send_text_callback::Info, event.await).map(TextStreamInfo::from)
}

/// Sends bytes as a byte stream of the local participant.
pub(crate) async fn send_bytes(
    local_participant_handle: u64,
    bytes: &[u8],
    options: SendByteOptions,
) -> StreamResult<ByteStreamInfo> {
    let event = within(bytes.len() as u64, |id| {
        Req::SendBytes(proto::StreamSendBytesRequest {
            local_participant_handle,
            options: options.into(),
            bytes: bytes.to_owned(),
            request_async_id: Some(id),
        })
    });
    answered!(SendBytes, stream_send_bytes_callback::Info, event.await).map(ByteStreamInfo::from)
}

/// Opens a text stream of the local participant.
pub(crate) async fn stream_text(
    local_participant_handle: u64,
    options: StreamTextOptions,
) -> StreamResult<TextStreamWriter> {
    let event = within(0, |id| {
        Req::TextStreamOpen(proto::TextStreamOpenRequest {
            local_participant_handle,
            options: options.into(),
            request_async_id: Some(id),
        })
    });
    answered!(
        TextStreamOpen,
        text_stream_open_callback::Writer,
        event.await
    )
    .map(TextStreamWriter::from_proto)
}
