//! Byte streams whose announced length is 0 although content follows. Older versions of
//! livekit-client for the web announce an unknown length this way (2.17 does, 2.23 does not). The
//! core takes the length literally and rejects the first chunk. This module reassembles such
//! streams from the raw stream packets, which the core reports in addition to its own reader
//! events.

use std::collections::HashMap;

use livekit_data_stream::api::StreamError;

use crate::proto::byte_stream_reader_event::Detail;
use crate::proto::{self, ByteStreamReaderEvent};

/// Maximum number of such streams at the same time; further ones are left to the core.
const MOST: usize = 64;

/// Maximum size of such a stream in bytes.
const LARGEST: usize = 16 << 20;

/// Open streams of this kind in one room.
#[derive(Debug, Default)]
pub(crate) struct ZeroLengthStreams {
    open: HashMap<String, Open>,
}

#[derive(Debug)]
struct Open {
    reader: u64,
    sender: String,
    chunks: u64,
    bytes: usize,
}

impl ZeroLengthStreams {
    /// Registers an opened stream if its reader must be fed by this crate; `false` otherwise.
    /// Encrypted streams are left to the core, because only the core knows how each packet was
    /// encrypted.
    pub(crate) fn opened(&mut self, opened: &proto::ByteStreamOpened) -> bool {
        let (reader, info) = (&opened.reader, &opened.reader.info);
        let is_plain = info.encryption_type() == proto::EncryptionType::None;
        if info.total_length != Some(0) || !is_plain || self.open.len() >= MOST {
            return false;
        }
        let open = Open {
            reader: reader.handle.id,
            sender: opened.participant_identity.clone(),
            chunks: 0,
            bytes: 0,
        };
        self.open.insert(info.stream_id.clone(), open);
        true
    }

    /// Converts a chunk to an event for the reader of its stream.
    pub(crate) fn chunk(
        &mut self,
        received: proto::DataStreamChunkReceived,
    ) -> Option<ByteStreamReaderEvent> {
        let chunk = received.chunk;
        let open = self.open.get_mut(&chunk.stream_id)?;
        // A packet can arrive twice after a reconnect.
        if open.sender != received.participant_identity || chunk.chunk_index < open.chunks {
            return None;
        }
        if chunk.chunk_index > open.chunks {
            return self.fail(&chunk.stream_id, &StreamError::MissedChunk);
        }
        open.chunks += 1;
        open.bytes += chunk.content.len();
        if open.bytes > LARGEST {
            return self.fail(&chunk.stream_id, &StreamError::PayloadTooLarge);
        }
        let content = chunk.content;
        let received = proto::ByteStreamReaderChunkReceived { content };
        Some(open.reader_event(Detail::ChunkReceived(received)))
    }

    /// Converts the end of a stream to an event for its reader.
    pub(crate) fn trailer(
        &mut self,
        received: proto::DataStreamTrailerReceived,
    ) -> Option<ByteStreamReaderEvent> {
        let proto::data_stream::Trailer {
            stream_id,
            reason,
            attributes,
        } = received.trailer;
        if self.open.get(&stream_id)?.sender != received.participant_identity {
            return None;
        }
        if !reason.is_empty() {
            return self.fail(&stream_id, &StreamError::AbnormalEnd(reason));
        }
        let open = self.open.remove(&stream_id)?;
        let error = None;
        let end = proto::ByteStreamReaderEos { error, attributes };
        Some(open.reader_event(Detail::Eos(end)))
    }

    /// Ends the streams of a participant who has left the room.
    pub(crate) fn left(&mut self, identity: &str) -> Vec<ByteStreamReaderEvent> {
        let of = |(id, open): (&String, &Open)| (open.sender == identity).then(|| id.clone());
        let streams: Vec<String> = self.open.iter().filter_map(of).collect();
        let end = |id: &String| self.fail(id, &StreamError::Incomplete);
        streams.iter().filter_map(end).collect()
    }

    fn fail(&mut self, stream: &str, error: &StreamError) -> Option<ByteStreamReaderEvent> {
        let description = error.to_string();
        let end = proto::ByteStreamReaderEos {
            error: Some(proto::StreamError { description }),
            attributes: HashMap::new(),
        };
        Some(self.open.remove(stream)?.reader_event(Detail::Eos(end)))
    }
}

impl Open {
    fn reader_event(&self, detail: Detail) -> ByteStreamReaderEvent {
        ByteStreamReaderEvent {
            reader_handle: self.reader,
            detail: Some(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(total_length: Option<u64>) -> proto::ByteStreamOpened {
        let info = proto::ByteStreamInfo {
            stream_id: "s".to_owned(),
            total_length,
            ..proto::ByteStreamInfo::default()
        };
        let handle = proto::FfiOwnedHandle { id: 7 };
        proto::ByteStreamOpened {
            reader: proto::OwnedByteStreamReader { handle, info },
            participant_identity: "ada".to_owned(),
        }
    }

    fn chunk(from: &str, chunk_index: u64, length: usize) -> proto::DataStreamChunkReceived {
        proto::DataStreamChunkReceived {
            participant_identity: from.to_owned(),
            chunk: proto::data_stream::Chunk {
                stream_id: "s".to_owned(),
                chunk_index,
                content: vec![1; length],
                ..proto::data_stream::Chunk::default()
            },
        }
    }

    fn trailer(reason: &str) -> proto::DataStreamTrailerReceived {
        proto::DataStreamTrailerReceived {
            participant_identity: "ada".to_owned(),
            trailer: proto::data_stream::Trailer {
                stream_id: "s".to_owned(),
                reason: reason.to_owned(),
                attributes: HashMap::new(),
            },
        }
    }

    /// Length of a chunk, or the error at the end of a stream.
    fn outcome(event: Option<ByteStreamReaderEvent>) -> Option<Result<usize, String>> {
        let event = event?;
        assert_eq!(event.reader_handle, 7);
        Some(match event.detail? {
            Detail::ChunkReceived(chunk) => Ok(chunk.content.len()),
            Detail::Eos(end) => Err(end.error.map(|it| it.description).unwrap_or_default()),
        })
    }

    fn failed(error: &StreamError) -> Option<Result<usize, String>> {
        Some(Err(error.to_string()))
    }

    #[test]
    fn a_stream_announced_as_empty_is_read_to_its_end() {
        let mut streams = ZeroLengthStreams::default();
        assert!(streams.opened(&opened(Some(0))));
        assert_eq!(outcome(streams.chunk(chunk("ada", 0, 3))), Some(Ok(3)));
        assert_eq!(outcome(streams.chunk(chunk("ada", 0, 3))), None, "again");
        assert_eq!(outcome(streams.chunk(chunk("eve", 1, 3))), None);
        assert_eq!(outcome(streams.chunk(chunk("ada", 1, 4))), Some(Ok(4)));
        assert_eq!(
            outcome(streams.trailer(trailer(""))),
            Some(Err(String::new()))
        );
        assert_eq!(outcome(streams.chunk(chunk("ada", 2, 3))), None);
    }

    #[test]
    fn other_streams_are_left_to_the_core() {
        let mut streams = ZeroLengthStreams::default();
        assert!(!streams.opened(&opened(None)));
        assert!(!streams.opened(&opened(Some(3))));
        let mut encrypted = opened(Some(0));
        let info = &mut encrypted.reader.info;
        info.set_encryption_type(proto::EncryptionType::Gcm);
        assert!(!streams.opened(&encrypted));
        assert_eq!(outcome(streams.chunk(chunk("ada", 0, 3))), None);
    }

    #[test]
    fn incomplete_and_oversized_streams_fail() {
        let mut streams = ZeroLengthStreams::default();
        streams.opened(&opened(Some(0)));
        let missed = outcome(streams.chunk(chunk("ada", 1, 3)));
        assert_eq!(missed, failed(&StreamError::MissedChunk));
        streams.opened(&opened(Some(0)));
        let large = outcome(streams.chunk(chunk("ada", 0, LARGEST + 1)));
        assert_eq!(large, failed(&StreamError::PayloadTooLarge));
        streams.opened(&opened(Some(0)));
        let gone = StreamError::AbnormalEnd("gone".to_owned());
        assert_eq!(outcome(streams.trailer(trailer("gone"))), failed(&gone));
        streams.opened(&opened(Some(0)));
        assert!(streams.left("eve").is_empty());
        let left = outcome(streams.left("ada").pop());
        assert_eq!(left, failed(&StreamError::Incomplete));
    }
}
