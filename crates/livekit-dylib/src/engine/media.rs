//! Tracks, publications and received audio.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;

use super::info::{PublicationInfo, TrackInfo};
use super::source::{AudioSource, Source};
use crate::ffi::{self, Ev, EventQueue, FfiError, Handle, Req, Resp};
use crate::proto::{self, audio_stream_event};
use crate::webrtc::audio_frame::AudioFrame;

/// A track of the engine. Its handle is valid until it is released.
#[derive(Debug)]
pub(crate) struct Track {
    /// Description of the track at its creation.
    pub(crate) info: TrackInfo,
    handle: Mutex<Option<Arc<Handle>>>,
    /// Audio source of a local track.
    source: Option<Arc<Source>>,
}

impl Track {
    pub(super) fn new(track: proto::OwnedTrack) -> Self {
        Self {
            info: track.info.into(),
            handle: Mutex::new(Some(Arc::new(Handle::new(track.handle)))),
            source: None,
        }
    }

    /// Creates a local track that sends the audio of a source.
    pub(crate) fn of_source(name: &str, source: &AudioSource) -> Result<Self, FfiError> {
        let source = source.shared();
        if let Some((info, handle)) = source.take_track(name) {
            let track = Self {
                info,
                handle: Mutex::new(Some(Arc::new(handle))),
                source: Some(source),
            };
            track.set_muted(false)?;
            return Ok(track);
        }
        let request = proto::CreateAudioTrackRequest {
            name: name.to_owned(),
            source_handle: source.id(),
        };
        match ffi::request(Req::CreateAudioTrack(request))? {
            Resp::CreateAudioTrack(response) => {
                let mut track = Self::new(response.track);
                track.source = Some(source);
                Ok(track)
            }
            _ => Err(FfiError::Unexpected),
        }
    }

    /// Audio source of a local track.
    pub(super) fn source(&self) -> Option<&Arc<Source>> {
        self.source.as_ref()
    }

    /// Releases the engine's handle, which ends the track's audio streams.
    pub(crate) fn release(&self) {
        let handle = self.handle.lock().take();
        drop(handle);
    }

    pub(crate) fn set_muted(&self, mute: bool) -> Result<(), FfiError> {
        let handle = self.handle()?;
        ffi::request(Req::LocalTrackMute(proto::LocalTrackMuteRequest {
            track_handle: handle.id(),
            mute,
        }))
        .map(drop)
    }

    pub(super) fn handle(&self) -> Result<Arc<Handle>, FfiError> {
        self.handle.lock().clone().ok_or(FfiError::Closed)
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        let handle = self.handle.get_mut().take().and_then(Arc::into_inner);
        if let (Some(handle), Some(source)) = (handle, &self.source) {
            source.give_track(self.info.clone(), handle);
        }
    }
}

/// A publication of a remote participant.
#[derive(Debug)]
pub(crate) struct Publication {
    handle: Mutex<Option<Handle>>,
}

impl Publication {
    pub(super) fn new(publication: proto::OwnedTrackPublication) -> (PublicationInfo, Self) {
        let handle = Mutex::new(Some(Handle::new(publication.handle)));
        (publication.info.into(), Self { handle })
    }

    /// Releases the engine's handle, because the publication has ended.
    pub(crate) fn release(&self) {
        let handle = self.handle.lock().take();
        drop(handle);
    }

    pub(crate) fn set_subscribed(&self, subscribe: bool) -> Result<(), FfiError> {
        let handle = self.handle.lock();
        let publication_handle = handle.as_ref().ok_or(FfiError::Closed)?.id();
        ffi::request(Req::SetSubscribed(proto::SetSubscribedRequest {
            subscribe,
            publication_handle,
        }))
        .map(drop)
    }
}

/// Decoded audio of a track, in frames of 10 ms.
#[derive(Debug)]
pub(crate) struct AudioStream {
    queue: EventQueue,
    // Fields drop in order: the queue first frees the handles of the events left in it.
    _handle: Handle,
}

impl AudioStream {
    /// Opens a stream. The caller has validated the arguments. Keeps at most `capacity` frames and
    /// drops the oldest beyond that.
    pub(crate) fn new(
        track: &Track,
        sample_rate: u32,
        num_channels: u32,
        capacity: Option<usize>,
    ) -> Result<Self, FfiError> {
        // Keeps the track alive, so that the stream cannot end before its queue is registered.
        let track = track.handle()?;
        let request = proto::NewAudioStreamRequest {
            track_handle: track.id(),
            r#type: proto::AudioStreamType::AudioStreamNative.into(),
            sample_rate: Some(sample_rate),
            num_channels: Some(num_channels),
            queue_size_frames: capacity
                .map(|frames| u32::try_from(frames).unwrap_or(u32::MAX))
                .or(Some(0)),
            ..proto::NewAudioStreamRequest::default()
        };
        match ffi::request(Req::NewAudioStream(request))? {
            Resp::NewAudioStream(response) => {
                let handle = Handle::new(response.stream.handle);
                let queue = match capacity {
                    Some(capacity) => ffi::subscribe_lossy(handle.id(), capacity),
                    None => ffi::subscribe(handle.id()),
                };
                Ok(Self {
                    queue,
                    _handle: handle,
                })
            }
            _ => Err(FfiError::Unexpected),
        }
    }

    /// Polls for the next frame; `None` when the track has ended.
    pub(crate) fn poll_frame(&self, cx: &Context<'_>) -> Poll<Option<AudioFrame<'static>>> {
        loop {
            let Some(Ev::AudioStreamEvent(event)) = ready!(self.queue.poll_recv(cx)) else {
                return Poll::Ready(None);
            };
            match event.message {
                Some(audio_stream_event::Message::FrameReceived(received)) => {
                    let info = received.frame.info;
                    return Poll::Ready(Some(AudioFrame {
                        data: ffi::take_samples(received.frame).into(),
                        sample_rate: info.sample_rate,
                        num_channels: info.num_channels,
                        samples_per_channel: info.samples_per_channel,
                    }));
                }
                Some(audio_stream_event::Message::Eos(_)) => return Poll::Ready(None),
                None => {}
            }
        }
    }

    /// Number of frames dropped because they were not read in time.
    pub(crate) fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}
