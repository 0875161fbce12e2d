//! Sending complete streams, and opening streams for incremental writing.

use std::io;
use std::path::Path;

use livekit_data_stream::api::{StreamError, StreamResult};

use super::call::{answered, within};
use super::info::{ByteStreamInfo, TextStreamInfo};
use super::options::{
    SendByteOptions, SendTextOptions, StreamByteOptions, StreamProgressCallback, StreamTextOptions,
};
use super::progress::StreamProgress;
use super::writer::{ByteStreamWriter, TextStreamWriter};
use crate::ffi::{Ev, FfiError, Req};
use crate::proto;

/// Sends a text as a text stream of the local participant.
pub(crate) async fn send_text(
    local_participant_handle: u64,
    text: &str,
    mut options: SendTextOptions,
) -> StreamResult<TextStreamInfo> {
    let length = text.len() as u64;
    let on_progress = options.on_progress.take();
    let event = within(length, |id| {
        Req::SendText(proto::StreamSendTextRequest {
            local_participant_handle,
            options: options.into(),
            text: text.to_owned(),
            request_async_id: Some(id),
        })
    });
    let info = answered!(SendText, stream_send_text_callback::Info, event.await)?;
    report(on_progress, length);
    Ok(info.into())
}

/// Sends bytes as a byte stream of the local participant.
pub(crate) async fn send_bytes(
    local_participant_handle: u64,
    bytes: &[u8],
    mut options: SendByteOptions,
) -> StreamResult<ByteStreamInfo> {
    let length = bytes.len() as u64;
    let on_progress = options.on_progress.take();
    let event = within(length, |id| {
        Req::SendBytes(proto::StreamSendBytesRequest {
            local_participant_handle,
            options: options.into(),
            bytes: bytes.to_owned(),
            request_async_id: Some(id),
        })
    });
    let info = answered!(SendBytes, stream_send_bytes_callback::Info, event.await)?;
    report(on_progress, length);
    Ok(info.into())
}

/// Sends a file as a byte stream of the local participant. The core reads the file, so its path
/// must be valid Unicode.
pub(crate) async fn send_file(
    local_participant_handle: u64,
    path: &Path,
    mut options: SendByteOptions,
) -> StreamResult<ByteStreamInfo> {
    let file_path = path
        .to_str()
        .ok_or_else(|| StreamError::Io(io::ErrorKind::InvalidFilename.into()))?
        .to_owned();
    let length = tokio::fs::metadata(path).await?.len();
    let on_progress = options.on_progress.take();
    let event = within(length, |id| {
        Req::SendFile(proto::StreamSendFileRequest {
            local_participant_handle,
            options: options.into(),
            file_path,
            request_async_id: Some(id),
        })
    });
    let info = answered!(SendFile, stream_send_file_callback::Info, event.await)?;
    report(on_progress, length);
    Ok(info.into())
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

/// Opens a byte stream of the local participant.
pub(crate) async fn stream_bytes(
    local_participant_handle: u64,
    options: StreamByteOptions,
) -> StreamResult<ByteStreamWriter> {
    let event = within(0, |id| {
        Req::ByteStreamOpen(proto::ByteStreamOpenRequest {
            local_participant_handle,
            options: options.into(),
            request_async_id: Some(id),
        })
    });
    answered!(
        ByteStreamOpen,
        byte_stream_open_callback::Writer,
        event.await
    )
    .map(ByteStreamWriter::from_proto)
}

fn report(on_progress: Option<StreamProgressCallback>, bytes: u64) {
    if let Some(on_progress) = on_progress {
        on_progress.call(StreamProgress::complete(bytes));
    }
}
