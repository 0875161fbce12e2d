//! Sources of local audio, and the reuse of sources that the native core does not free.
//!
//! When the server ends a room, the core closes the connection first and then cannot unpublish what
//! was published over it. From then on the publication and its track keep each other alive, and
//! with them the source and its thread. The core does not report whether this has happened. A
//! source that is still published when its room ends is therefore kept here, with its tracks, until
//! a source of the same format is requested. Publishing a kept track again makes the core free the
//! previous publication, so kept sources do not accumulate: there are never more of them than were
//! published at the same time.

use std::sync::Arc;

use parking_lot::Mutex;

use super::info::TrackInfo;
use crate::ffi::{self, Ev, FfiError, Handle, Req, Resp, Slot};
use crate::proto;
use crate::webrtc::audio_frame::AudioFrame;

/// Idle sources that the core does not free.
static IDLE: Mutex<Vec<Native>> = Mutex::new(Vec::new());

/// Number of idle sources kept for reuse.
pub(crate) fn idle_sources() -> usize {
    IDLE.lock().len()
}

/// The audio source of a local track.
#[derive(Debug)]
pub(crate) struct AudioSource {
    source: Arc<Source>,
}

/// A source, kept alive by the application, by its tracks and by the rooms it is published in.
#[derive(Debug)]
pub(super) struct Source {
    /// `None` only during drop.
    native: Option<Native>,
    disposal: Mutex<Disposal>,
}

/// What happens to a source when its last reference is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disposal {
    /// The core frees the source.
    Free,
    /// The core does not free the source; it is kept for reuse.
    Reuse,
    /// The source may still be audible in a room that did not end in time; it is never reused.
    Discard,
}

#[derive(Debug)]
struct Native {
    handle: Handle,
    capture: Slot,
    format: Format,
    /// Tracks of previous calls, available for publishing again.
    tracks: Mutex<Vec<(TrackInfo, Handle)>>,
    /// Dropped tracks of the current call.
    returned: Mutex<Vec<(TrackInfo, Handle)>>,
}

/// Properties that a kept source must share with the requested one to replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    sample_rate: u32,
    num_channels: u32,
    queue_size_ms: u32,
}

impl AudioSource {
    /// Creates a source. The caller has validated the arguments: the core ends the process on
    /// invalid ones.
    pub(crate) fn new(
        sample_rate: u32,
        num_channels: u32,
        queue_size_ms: u32,
    ) -> Result<Self, FfiError> {
        let format = Format {
            sample_rate,
            num_channels,
            queue_size_ms,
        };
        let (native, disposal) = match Native::idle(format) {
            Some(native) => (native, Disposal::Reuse),
            None => (Native::new(format)?, Disposal::Free),
        };
        let source = Self {
            source: Arc::new(Source {
                native: Some(native),
                disposal: Mutex::new(disposal),
            }),
        };
        if disposal == Disposal::Reuse {
            source.clear()?;
        }
        Ok(source)
    }

    /// Queues a frame and waits until the source has room for the next one. The samples are copied
    /// immediately.
    pub(crate) async fn capture(&self, frame: &AudioFrame<'_>) -> Result<Option<String>, FfiError> {
        let native = self.source.native();
        let event = native.capture.request(|id| {
            Req::CaptureAudioFrame(proto::CaptureAudioFrameRequest {
                source_handle: native.handle.id(),
                buffer: proto::AudioFrameBufferInfo {
                    data_ptr: frame.data.as_ptr() as u64,
                    num_channels: frame.num_channels,
                    sample_rate: frame.sample_rate,
                    samples_per_channel: frame.samples_per_channel,
                },
                request_async_id: Some(id),
            })
        });
        match event.await? {
            Ev::CaptureAudioFrame(callback) => Ok(callback.error),
            _ => Err(FfiError::Unexpected),
        }
    }

    /// Discards audio that is queued but not yet sent.
    pub(crate) fn clear(&self) -> Result<(), FfiError> {
        let request = proto::ClearAudioBufferRequest {
            source_handle: self.source.id(),
        };
        ffi::request(Req::ClearAudioBuffer(request)).map(drop)
    }

    pub(super) fn shared(&self) -> Arc<Source> {
        Arc::clone(&self.source)
    }
}

impl Source {
    /// Handle of the source, for requests.
    pub(super) fn id(&self) -> u64 {
        self.native().handle.id()
    }

    /// Takes a track with this name that a previous call created from this source. Tracks of the
    /// current call are not reused, because the server could take them for the same publication.
    pub(super) fn take_track(&self, name: &str) -> Option<(TrackInfo, Handle)> {
        let mut tracks = self.native().tracks.lock();
        let at = tracks.iter().position(|(info, _)| info.name == name)?;
        Some(tracks.swap_remove(at))
    }

    /// Returns a dropped track to the source.
    pub(super) fn give_track(&self, info: TrackInfo, handle: Handle) {
        self.native().returned.lock().push((info, handle));
    }

    /// Records that a room in which the source was still published has ended. `closed` means that
    /// the core has reported the connection to the room as closed, so nothing more can be heard
    /// there.
    pub(super) fn outlived(&self, closed: bool) {
        let mut disposal = self.disposal.lock();
        *disposal = match (*disposal, closed) {
            (Disposal::Free | Disposal::Reuse, true) => Disposal::Reuse,
            (Disposal::Discard, _) | (_, false) => Disposal::Discard,
        };
    }

    fn native(&self) -> &Native {
        self.native.as_ref().expect("only taken on drop")
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let (Some(native), Disposal::Reuse) = (self.native.take(), *self.disposal.get_mut()) {
            native.keep();
        }
    }
}

impl Native {
    fn new(format: Format) -> Result<Self, FfiError> {
        let request = proto::NewAudioSourceRequest {
            r#type: proto::AudioSourceType::AudioSourceNative.into(),
            options: Some(proto::AudioSourceOptions::default()),
            sample_rate: Some(format.sample_rate),
            num_channels: Some(format.num_channels),
            queue_size_ms: Some(format.queue_size_ms),
            platform_audio_handle: None,
        };
        match ffi::request(Req::NewAudioSource(request))? {
            Resp::NewAudioSource(response) => Ok(Self {
                handle: Handle::new(response.source.handle),
                capture: Slot::new(),
                format,
                tracks: Mutex::default(),
                returned: Mutex::default(),
            }),
            _ => Err(FfiError::Unexpected),
        }
    }

    /// Takes a kept source of this format that has no capture in flight. The core has consumed all
    /// frames it was given, so the source's queue can be cleared.
    fn idle(format: Format) -> Option<Self> {
        let mut idle = IDLE.lock();
        let is_fit = |it: &Self| it.format == format && it.capture.is_idle();
        let at = idle.iter().position(is_fit)?;
        let native = idle.swap_remove(at);
        native.each_handle(Handle::unpark);
        Some(native)
    }

    fn keep(mut self) {
        self.tracks.get_mut().append(self.returned.get_mut());
        self.each_handle(Handle::park);
        IDLE.lock().push(self);
    }

    fn each_handle(&self, change: fn(&Handle)) {
        change(&self.handle);
        let tracks = self.tracks.lock();
        tracks.iter().for_each(|(_, handle)| change(handle));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_may_still_be_heard_is_never_used_again() {
        let fate = |rooms: &[bool]| {
            let source = Source {
                native: None,
                disposal: Mutex::new(Disposal::Free),
            };
            rooms.iter().for_each(|closed| source.outlived(*closed));
            *source.disposal.lock()
        };
        assert_eq!(fate(&[]), Disposal::Free);
        assert_eq!(fate(&[true]), Disposal::Reuse);
        assert_eq!(fate(&[true, true]), Disposal::Reuse);
        assert_eq!(fate(&[false]), Disposal::Discard);
        assert_eq!(fate(&[true, false]), Disposal::Discard);
        assert_eq!(fate(&[false, true]), Disposal::Discard);
    }
}
