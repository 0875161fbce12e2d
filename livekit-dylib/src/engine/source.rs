//! Sources of local audio, and those that the native core does not free.
//!
//! When the server ends a room, the core closes the connection first and then cannot unpublish what was published
//! over it. The publication and its track keep each other alive from then on, and with them the source and its
//! thread. Nothing tells whether that has happened, so a source that is still published when its room ends is kept
//! here, with its tracks, until the next one of the same format is wanted. Publishing a kept track again makes the
//! core free the publication before, so nothing adds up: there are never more spare sources than sources were
//! published at the same time.

use std::sync::Arc;

use parking_lot::Mutex;

use super::info::TrackInfo;
use crate::ffi::{self, Ev, FfiError, Handle, Req, Resp, Slot};
use crate::proto;
use crate::webrtc::audio_frame::AudioFrame;
use crate::webrtc::audio_source::AudioSourceOptions;

/// Sources that the core does not free, and that nobody uses.
static SPARE: Mutex<Vec<Native>> = Mutex::new(Vec::new());

/// How many sources wait to be used again.
pub(crate) fn spare_sources() -> usize {
    SPARE.lock().len()
}

/// Where a local track's audio comes from.
#[derive(Debug)]
pub(crate) struct AudioSource {
    source: Arc<Source>,
}

/// A source, as long as the program, a track of it or a room it is published in refers to it.
#[derive(Debug)]
pub(super) struct Source {
    /// Taken when dropped.
    native: Option<Native>,
    end: Mutex<End>,
}

/// What happens to a source once its last reference is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The core frees it.
    Freed,
    /// The core keeps it: it is used again.
    Kept,
    /// It may still be heard in a room that did not end in time: it is never used again.
    GivenUp,
}

#[derive(Debug)]
struct Native {
    handle: Handle,
    capture: Slot,
    format: Format,
    /// Tracks of calls before, to be published again.
    tracks: Mutex<Vec<(TrackInfo, Handle)>>,
    /// Tracks of this call that nobody refers to any more.
    returned: Mutex<Vec<(TrackInfo, Handle)>>,
}

/// What one source must have in common with another to stand in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    sample_rate: u32,
    num_channels: u32,
    queue_size_ms: u32,
    echo_cancellation: bool,
    noise_suppression: bool,
    auto_gain_control: bool,
}

impl AudioSource {
    /// A source whose arguments have been checked: the core ends the process for a wrong one.
    pub(crate) fn new(
        options: &AudioSourceOptions,
        sample_rate: u32,
        num_channels: u32,
        queue_size_ms: u32,
    ) -> Result<Self, FfiError> {
        let format = Format {
            sample_rate,
            num_channels,
            queue_size_ms,
            echo_cancellation: options.echo_cancellation,
            noise_suppression: options.noise_suppression,
            auto_gain_control: options.auto_gain_control,
        };
        let (native, end) = match Native::spare(format) {
            Some(native) => (native, End::Kept),
            None => (Native::new(format)?, End::Freed),
        };
        let source = Self {
            source: Arc::new(Source {
                native: Some(native),
                end: Mutex::new(end),
            }),
        };
        if end == End::Kept {
            source.clear()?;
        }
        Ok(source)
    }

    /// Hands a frame over and waits until the source has room for the next one; the samples are copied at once.
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

    /// Drops what is queued and not yet sent.
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
    /// The number requests name it by.
    pub(super) fn id(&self) -> u64 {
        self.native().handle.id()
    }

    /// A track of this name that was made of it in a call before. One of this call is not used again: the server
    /// could take it for the same publication.
    pub(super) fn take_track(&self, name: &str) -> Option<(TrackInfo, Handle)> {
        let mut tracks = self.native().tracks.lock();
        let at = tracks.iter().position(|(info, _)| info.name == name)?;
        Some(tracks.swap_remove(at))
    }

    /// Takes a track back that nobody refers to any more.
    pub(super) fn give_track(&self, info: TrackInfo, handle: Handle) {
        self.native().returned.lock().push((info, handle));
    }

    /// A room in which it was still published has ended. With `closed`, the core has
    /// said that the connection to the room is closed, so that nothing more can be heard there.
    pub(super) fn outlived(&self, closed: bool) {
        let mut end = self.end.lock();
        *end = match (*end, closed) {
            (End::Freed | End::Kept, true) => End::Kept,
            (End::GivenUp, _) | (_, false) => End::GivenUp,
        };
    }

    fn native(&self) -> &Native {
        self.native.as_ref().expect("taken only when dropped")
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let (Some(native), End::Kept) = (self.native.take(), *self.end.get_mut()) {
            native.keep();
        }
    }
}

impl Native {
    fn new(format: Format) -> Result<Self, FfiError> {
        let request = proto::NewAudioSourceRequest {
            r#type: proto::AudioSourceType::AudioSourceNative.into(),
            options: Some(proto::AudioSourceOptions {
                echo_cancellation: format.echo_cancellation,
                noise_suppression: format.noise_suppression,
                auto_gain_control: format.auto_gain_control,
                ..proto::AudioSourceOptions::default()
            }),
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

    /// A kept source of this format. What it has queued can be cleared: the core has taken in all that it was given.
    fn spare(format: Format) -> Option<Self> {
        let mut spare = SPARE.lock();
        let is_fit = |it: &Self| it.format == format && it.capture.is_idle();
        let at = spare.iter().position(is_fit)?;
        let native = spare.swap_remove(at);
        native.each_handle(Handle::resume);
        Some(native)
    }

    fn keep(mut self) {
        self.tracks.get_mut().append(self.returned.get_mut());
        self.each_handle(Handle::rest);
        SPARE.lock().push(self);
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
                end: Mutex::new(End::Freed),
            };
            rooms.iter().for_each(|closed| source.outlived(*closed));
            *source.end.lock()
        };
        assert_eq!(fate(&[]), End::Freed);
        assert_eq!(fate(&[true]), End::Kept);
        assert_eq!(fate(&[true, true]), End::Kept);
        assert_eq!(fate(&[false]), End::GivenUp);
        assert_eq!(fate(&[true, false]), End::GivenUp);
        assert_eq!(fate(&[false, true]), End::GivenUp);
    }
}
