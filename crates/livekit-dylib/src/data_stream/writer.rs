//! Writers of outgoing streams.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use livekit_data_stream::api::{StreamError, StreamResult, StreamWriter};
use tokio::sync::Mutex;

use super::call::{finished, within};
use super::info::{ByteStreamInfo, TextStreamInfo};
use crate::ffi::{Ev, FfiError, Handle, Req};
use crate::proto;

/// The native part of a writer, shared by its clones. The lock is held during a write, so that
/// writes are sent in order; `None` once the stream is closed.
type Outgoing = Arc<Mutex<Option<Handle>>>;

/// Writes a text stream. Clones write to the same stream.
///
/// If the last clone is dropped without closing the stream, the receiver treats it as incomplete.
#[derive(Clone)]
pub struct TextStreamWriter {
    info: Arc<TextStreamInfo>,
    outgoing: Outgoing,
}

/// Writes a byte stream. Clones write to the same stream.
///
/// If the last clone is dropped without closing the stream, the receiver treats it as incomplete.
#[derive(Clone)]
pub struct ByteStreamWriter {
    info: Arc<ByteStreamInfo>,
    outgoing: Outgoing,
}

/// Defines a writer, given the four messages that differ between text and bytes.
macro_rules! writer {
    (
        $writer:ident, $owned:ident, $info:ident, $input:ty,
        write: $write:ident, $write_request:ident, $content:ident, $written:ident;
        close: $close:ident, $close_request:ident, $closed:ident;
    ) => {
        impl $writer {
            pub(super) fn from_proto(writer: proto::$owned) -> Self {
                let outgoing = Arc::new(Mutex::new(Some(Handle::new(writer.handle))));
                Self {
                    info: Arc::new(writer.info.into()),
                    outgoing,
                }
            }

            /// Whether the stream has been closed or a write has failed. Waits for a write in
            /// progress.
            pub async fn is_closed(&self) -> bool {
                self.outgoing.lock().await.is_none()
            }
        }

        impl<'a> StreamWriter<'a> for $writer {
            type Input = &'a $input;
            type Info = $info;

            fn info(&self) -> &$info {
                &self.info
            }

            async fn write(&self, input: &'a $input) -> StreamResult<()> {
                let mut outgoing = self.outgoing.lock().await;
                let writer_handle = outgoing.as_ref().ok_or(StreamError::AlreadyClosed)?.id();
                let event = within(input.len() as u64, |id| {
                    Req::$write(proto::$write_request {
                        writer_handle,
                        $content: input.to_owned(),
                        request_async_id: Some(id),
                    })
                });
                let written = finished!($written, event.await);
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
                    Req::$close(proto::$close_request {
                        writer_handle: handle.id(),
                        reason: reason.map(str::to_owned),
                        request_async_id: Some(id),
                        attributes: attributes.unwrap_or_default(),
                    })
                });
                let event = event.await;
                handle.consumed();
                finished!($closed, event)
            }
        }

        impl fmt::Debug for $writer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($writer));
                shown
                    .field("id", &self.info.id)
                    .field("topic", &self.info.topic)
                    .finish()
            }
        }
    };
}

writer! {
    TextStreamWriter, OwnedTextStreamWriter, TextStreamInfo, str,
    write: TextStreamWrite, TextStreamWriterWriteRequest, text, TextStreamWriterWrite;
    close: TextStreamClose, TextStreamWriterCloseRequest, TextStreamWriterClose;
}

writer! {
    ByteStreamWriter, OwnedByteStreamWriter, ByteStreamInfo, [u8],
    write: ByteStreamWrite, ByteStreamWriterWriteRequest, bytes, ByteStreamWriterWrite;
    close: ByteStreamClose, ByteStreamWriterCloseRequest, ByteStreamWriterClose;
}
