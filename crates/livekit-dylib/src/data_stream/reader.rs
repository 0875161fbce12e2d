//! Readers of incoming streams.

use std::fmt;
use std::future::Future;
use std::path::{Component, Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use livekit_data_stream::api::{StreamError, StreamResult};
use tokio::io::AsyncWriteExt as _;

use super::incoming::{Binary, Incoming, StreamCloser, Text};
use super::info::{ByteStreamInfo, TextStreamInfo};
use super::progress::{self, StreamProgress};
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

    /// Returns a stream of the current read progress and its changes.
    fn progress(&self) -> impl Stream<Item = StreamProgress>;

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

/// A reader of either kind.
#[derive(Debug)]
pub enum AnyStreamReader {
    /// A reader of a byte stream.
    Byte(ByteStreamReader),
    /// A reader of a text stream.
    Text(TextStreamReader),
}

/// Defines the code that both kinds of readers share.
macro_rules! reader {
    ($reader:ident, $info:ident, $owned:ident, $kind:ident, $output:ident) => {
        impl $reader {
            pub(crate) fn from_proto(reader: proto::$owned) -> Self {
                let info = $info::from(reader.info);
                let incoming =
                    Incoming::new(reader.handle, info.total_length, info.attributes.clone());
                Self { info, incoming }
            }

            pub(crate) fn topic(&self) -> &str {
                &self.info.topic
            }

            /// Like [`StreamReader::progress`], but does not borrow the reader.
            pub fn progress_stream(
                &self,
            ) -> impl Stream<Item = StreamProgress> + Send + Unpin + use<> {
                progress::changes(self.incoming.progress())
            }

            /// Returns a handle that closes the stream while another task reads it.
            pub fn closer(&self) -> StreamCloser {
                self.incoming.closer()
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

    fn progress(&self) -> impl Stream<Item = StreamProgress> {
        self.progress_stream()
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

    fn progress(&self) -> impl Stream<Item = StreamProgress> {
        self.progress_stream()
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
        let info = ByteStreamInfo {
            total_length: None,
            ..reader.info.into()
        };
        let incoming = Incoming::from_packets(reader.handle, info.attributes.clone());
        Self { info, incoming }
    }

    /// Writes the remaining content to a file and returns its path.
    ///
    /// The directory defaults to the system's temporary directory, and the file name to the name of
    /// the stream. Fails with [`StreamError::InvalidFileName`] if the name is not a plain file
    /// name.
    pub async fn write_to_file(
        mut self,
        directory: Option<impl AsRef<Path>>,
        name_override: Option<&str>,
    ) -> StreamResult<PathBuf> {
        let directory = directory.map_or_else(std::env::temp_dir, |directory| {
            directory.as_ref().to_path_buf()
        });
        let path = directory.join(file_name(name_override.unwrap_or(&self.info.name))?);
        let mut file = tokio::fs::File::create(&path).await?;
        while let Some(chunk) = self.next().await {
            file.write_all(&chunk?).await?;
        }
        file.flush().await?;
        Ok(path)
    }
}

/// Validates that a name is a plain file name, which cannot escape its directory. The name may come
/// from an untrusted sender.
fn file_name(name: &str) -> StreamResult<&str> {
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(_)), None) => Ok(name),
        _ => Err(StreamError::InvalidFileName),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_file_names_are_accepted() {
        assert_eq!(file_name("notes.txt").unwrap(), "notes.txt");
        for name in [
            "",
            ".",
            "..",
            "../notes.txt",
            "/etc/notes.txt",
            "nested/notes.txt",
        ] {
            assert!(
                matches!(file_name(name), Err(StreamError::InvalidFileName)),
                "{name}"
            );
        }
    }
}
