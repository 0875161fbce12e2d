//! The writer of an outgoing text stream.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use livekit_data_stream::api::{StreamError, StreamResult, StreamWriter};
use tokio::sync::Mutex;

use super::call::{finished, within};
use super::info::TextStreamInfo;
use crate::ffi::{Ev, FfiError, Handle, Req};
use crate::proto;

/// Writes a text stream. Clones write to the same stream.
///
/// If the last clone is dropped without closing the stream, the receiver treats it as incomplete.
#[derive(Clone)]
pub struct TextStreamWriter {
    info: Arc<TextStreamInfo>,
    /// The native part, shared by the clones. The lock is held during a write, so that writes are
    /// sent in order; `None` once the stream is closed.
    outgoing: Arc<Mutex<Option<Handle>>>,
}

impl TextStreamWriter {
    pub(super) fn from_proto(writer: proto::OwnedTextStreamWriter) -> Self {
        Self {
            outgoing: Arc::new(Mutex::new(Some(Handle::new(writer.handle)))),
            info: Arc::new(writer.info.into()),
        }
    }
}

impl<'a> StreamWriter<'a> for TextStreamWriter {
    type Input = &'a str;
    type Info = TextStreamInfo;

    fn info(&self) -> &TextStreamInfo {
        &self.info
    }

    async fn write(&self, text: &'a str) -> StreamResult<()> {
        let mut outgoing = self.outgoing.lock().await;
        let writer_handle = outgoing.as_ref().ok_or(StreamError::AlreadyClosed)?.id();
        let event = within(text.len() as u64, |id| {
            Req::TextStreamWrite(proto::TextStreamWriterWriteRequest {
                writer_handle,
                text: text.to_owned(),
                request_async_id: Some(id),
            })
        });
        let written = finished!(TextStreamWriterWrite, event.await);
        if written.is_err() {
            // The receiver now misses a chunk, so further writes are pointless.
            drop(outgoing.take());
        }
        written
    }

    async fn close(self) -> StreamResult<()> {
        self.close_with_options(None, None).await
    }

    async fn close_with_reason(self, reason: &str) -> StreamResult<()> {
        self.close_with_options(Some(reason), None).await
    }

    async fn close_with_options(
        self,
        reason: Option<&str>,
        attributes: Option<HashMap<String, String>>,
    ) -> StreamResult<()> {
        let handle = self
            .outgoing
            .lock()
            .await
            .take()
            .ok_or(StreamError::AlreadyClosed)?;
        let event = within(0, |id| {
            Req::TextStreamClose(proto::TextStreamWriterCloseRequest {
                writer_handle: handle.id(),
                reason: reason.map(str::to_owned),
                request_async_id: Some(id),
                attributes: attributes.unwrap_or_default(),
            })
        });
        let event = event.await;
        handle.consumed();
        finished!(TextStreamWriterClose, event)
    }
}

impl fmt::Debug for TextStreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextStreamWriter")
            .field("id", &self.info.id)
            .field("topic", &self.info.topic)
            .finish()
    }
}
