//! Readers of incoming streams.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use livekit_data_stream::api::StreamResult;

use super::incoming::{Binary, Incoming, Text};
use super::info::{ByteStreamInfo, TextStreamInfo};
use crate::proto;

/// Reads an incoming stream. Dropping the reader closes the stream locally.
///
/// A reader waits as long as the sender keeps the stream open; apply a timeout if needed.
pub trait StreamReader: Stream<Item = StreamResult<Self::Output>> {
    /// The content, or a chunk of it.
    type Output;
    /// Header of the stream.
    type Info;

    /// Header of the stream.
    fn info(&self) -> &Self::Info;

    /// Reads the remaining content to the end of the stream.
    fn read_all(self) -> impl Future<Output = StreamResult<Self::Output>> + Send;
}

/// Reads a text stream.
pub struct TextStreamReader {
    info: TextStreamInfo,
    incoming: Incoming,
}

/// Reads a byte stream.
pub struct ByteStreamReader {
    info: ByteStreamInfo,
    incoming: Incoming,
}

/// Defines the code that both kinds of readers share.
macro_rules! reader {
    ($reader:ident, $info:ident, $owned:ident, $kind:ident, $output:ident) => {
        impl $reader {
            pub(crate) fn from_proto(reader: proto::$owned) -> Self {
                let info = $info::from(reader.info);
                let incoming = Incoming::new(reader.handle, info.attributes.clone());
                Self { info, incoming }
            }

            pub(crate) fn topic(&self) -> &str {
                &self.info.topic
            }
        }

        impl Stream for $reader {
            type Item = StreamResult<$output>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.incoming.poll_chunk::<$kind>(cx)
            }
        }

        impl fmt::Debug for $reader {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($reader));
                shown
                    .field("id", &self.info.id)
                    .field("topic", &self.info.topic)
                    .finish()
            }
        }
    };
}

reader!(
    TextStreamReader,
    TextStreamInfo,
    OwnedTextStreamReader,
    Text,
    String
);
reader!(
    ByteStreamReader,
    ByteStreamInfo,
    OwnedByteStreamReader,
    Binary,
    Bytes
);

impl StreamReader for TextStreamReader {
    type Output = String;
    type Info = TextStreamInfo;

    fn info(&self) -> &TextStreamInfo {
        &self.info
    }

    async fn read_all(mut self) -> StreamResult<String> {
        let mut text = String::new();
        while let Some(chunk) = self.next().await {
            text.push_str(&chunk?);
        }
        Ok(text)
    }
}

impl StreamReader for ByteStreamReader {
    type Output = Bytes;
    type Info = ByteStreamInfo;

    fn info(&self) -> &ByteStreamInfo {
        &self.info
    }

    async fn read_all(mut self) -> StreamResult<Bytes> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes.freeze())
    }
}

impl ByteStreamReader {
    /// Creates a reader whose events this crate sends, instead of requesting the content from the
    /// core.
    pub(crate) fn from_packets(reader: proto::OwnedByteStreamReader) -> Self {
        let info = ByteStreamInfo::from(reader.info);
        let incoming = Incoming::from_packets(reader.handle, info.attributes.clone());
        Self { info, incoming }
    }
}
