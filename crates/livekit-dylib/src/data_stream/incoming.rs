//! The native part of a reader: starts reading on the first poll and ends exactly once.

use std::collections::HashMap;
use std::task::{Context, Poll};

use bytes::Bytes;
use livekit_data_stream::api::{StreamError, StreamResult};

use super::error::failure;
use super::info::Attributes;
use crate::ffi::{self, Ev, EventQueue, Handle, Req};
use crate::proto::{self, byte_stream_reader_event, text_stream_reader_event};

/// Content type of a stream: text or bytes.
pub(super) trait Kind {
    /// A chunk of the content.
    type Chunk;

    /// The request that starts reading. It consumes the native reader.
    fn read(reader_handle: u64) -> Req;

    /// Extracts the content of an event; `None` for events of another type.
    fn part(event: Ev) -> Option<Part<Self::Chunk>>;
}

/// Content of a reader event.
pub(super) enum Part<C> {
    Chunk(C),
    End {
        error: Option<proto::StreamError>,
        attributes: HashMap<String, String>,
    },
}

/// Text, in chunks that are each valid UTF-8.
#[derive(Debug)]
pub(super) struct Text;

impl Kind for Text {
    type Chunk = String;

    fn read(reader_handle: u64) -> Req {
        Req::TextReadIncremental(proto::TextStreamReaderReadIncrementalRequest { reader_handle })
    }

    fn part(event: Ev) -> Option<Part<String>> {
        use text_stream_reader_event::Detail;
        let Ev::TextStreamReaderEvent(event) = event else {
            return None;
        };
        Some(match event.detail? {
            Detail::ChunkReceived(chunk) => Part::Chunk(chunk.content),
            Detail::Eos(end) => Part::End {
                error: end.error,
                attributes: end.attributes,
            },
        })
    }
}

/// Binary content.
#[derive(Debug)]
pub(super) struct Binary;

impl Kind for Binary {
    type Chunk = Bytes;

    fn read(reader_handle: u64) -> Req {
        Req::ByteReadIncremental(proto::ByteStreamReaderReadIncrementalRequest { reader_handle })
    }

    fn part(event: Ev) -> Option<Part<Bytes>> {
        use byte_stream_reader_event::Detail;
        let Ev::ByteStreamReaderEvent(event) = event else {
            return None;
        };
        Some(match event.detail? {
            Detail::ChunkReceived(chunk) => Part::Chunk(chunk.content.into()),
            Detail::Eos(end) => Part::End {
                error: end.error,
                attributes: end.attributes,
            },
        })
    }
}

/// An incoming stream.
#[derive(Debug)]
pub(super) struct Incoming {
    state: State,
    attributes: Attributes,
}

#[derive(Debug)]
enum State {
    /// Not polled yet; the core buffers the content.
    Waiting(Handle),
    Reading(EventQueue),
    Ended,
}

impl Incoming {
    pub(super) fn new(handle: proto::FfiOwnedHandle, attributes: Attributes) -> Self {
        Self {
            state: State::Waiting(Handle::new(handle)),
            attributes,
        }
    }

    /// Creates a stream that the core cannot read; this crate sends the events of its reader.
    pub(super) fn from_packets(handle: proto::FfiOwnedHandle, attributes: Attributes) -> Self {
        let queue = ffi::subscribe(handle.id);
        let mut incoming = Self::new(handle, attributes);
        incoming.state = State::Reading(queue);
        incoming
    }

    /// Polls for the next chunk; `None` once the stream has ended or failed.
    pub(super) fn poll_chunk<K: Kind>(
        &mut self,
        cx: &Context<'_>,
    ) -> Poll<Option<StreamResult<K::Chunk>>> {
        if let State::Waiting(_) = self.state
            && let Err(error) = self.start::<K>()
        {
            return self.end(Some(error));
        }
        let State::Reading(queue) = &mut self.state else {
            return Poll::Ready(None);
        };
        loop {
            match queue.poll_recv(cx).map(|event| event.map(K::part)) {
                Poll::Ready(Some(Some(Part::Chunk(chunk)))) => {
                    return Poll::Ready(Some(Ok(chunk)));
                }
                Poll::Ready(Some(Some(Part::End { error, attributes }))) => {
                    self.attributes.write().extend(attributes);
                    return self.end(error.map(failure));
                }
                Poll::Ready(Some(None)) => {}
                Poll::Ready(None) => return self.end(Some(StreamError::Incomplete)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn start<K: Kind>(&mut self) -> StreamResult<()> {
        let State::Waiting(handle) = std::mem::replace(&mut self.state, State::Ended) else {
            return Ok(());
        };
        let queue = ffi::subscribe(handle.id());
        ffi::request(K::read(handle.id()))?;
        handle.consumed();
        self.state = State::Reading(queue);
        Ok(())
    }

    fn end<C>(&mut self, error: Option<StreamError>) -> Poll<Option<StreamResult<C>>> {
        self.state = State::Ended;
        Poll::Ready(error.map(Err))
    }
}
