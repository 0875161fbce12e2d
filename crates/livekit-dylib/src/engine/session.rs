//! The engine's session of a joined room.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use livekit_protocol::DisconnectReason;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::call::{self, REQUEST_DEADLINE};
use super::source::Source;
use crate::ffi::{self, Ev, FfiError, Handle, Req};
use crate::id::TrackSid;
use crate::proto;
use crate::rtc_engine::{EngineError, EngineResult, SessionStats, SimulateScenario};

/// Deadline for leaving a room. The core unpublishes the tracks first, with one request each.
const LEAVE_DEADLINE: Duration = Duration::from_secs(10);

/// A session of a room; stays valid, but refuses requests, after the room has ended.
#[derive(Debug)]
pub(crate) struct Session {
    handles: Mutex<Option<Arc<Handles>>>,
    left: watch::Sender<bool>,
    /// Whether the core has reported the end of the room.
    closed: AtomicBool,
    published: Mutex<Vec<Published>>,
}

/// A source that has been published and not successfully unpublished.
#[derive(Debug)]
struct Published {
    /// `None` until the publish request succeeds.
    sid: Option<TrackSid>,
    source: Arc<Source>,
}

#[derive(Debug)]
struct Handles {
    room: Handle,
    local_participant: Handle,
}

impl Session {
    pub(super) fn new(room: Handle, local_participant: Handle) -> Self {
        let handles = Arc::new(Handles {
            room,
            local_participant,
        });
        Self {
            handles: Mutex::new(Some(handles)),
            left: watch::Sender::new(false),
            closed: AtomicBool::new(false),
            published: Mutex::default(),
        }
    }

    /// Starts the delivery of events. Call this once their queue is registered.
    pub(super) fn listen(&self) -> Result<(), FfiError> {
        let room_handle = self.room()?;
        ffi::request(Req::ReadyForRoomEvent(proto::ReadyForRoomEventRequest {
            room_handle,
        }))
        .map(drop)
    }

    /// Leaves the room and waits until the engine has closed it.
    pub(crate) async fn leave(&self, reason: DisconnectReason) -> Result<(), FfiError> {
        let room_handle = self.room()?;
        let left = call::within(LEAVE_DEADLINE, |id| {
            Req::Disconnect(proto::DisconnectRequest {
                room_handle,
                request_async_id: Some(id),
                reason: Some(reason.into()),
            })
        });
        left.await.map(drop)
    }

    /// Starts leaving the room without waiting. Does nothing if the session has been released.
    pub(crate) fn start_leaving(&self) {
        let Ok(room_handle) = self.room() else { return };
        let request_async_id = Some(ffi::next_async_id());
        let request = proto::DisconnectRequest {
            room_handle,
            request_async_id,
            reason: None,
        };
        if let Err(error) = ffi::request(Req::Disconnect(request)) {
            tracing::warn!(target: "livekit", %error, "failed to leave a dropped room");
        }
    }

    /// Records that the core has reported the end of the room: its connection is closed.
    pub(crate) fn mark_closed(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Releases the engine's handles, because the room has ended. Further requests fail with
    /// [`FfiError::Closed`].
    pub(crate) fn release(&self) {
        if let Some(handles) = self.handles.lock().take() {
            Self::forget_rpc(handles.local_participant.id());
        }
        self.left.send_replace(true);
        let closed = self.closed.load(Ordering::Relaxed);
        let published = std::mem::take(&mut *self.published.lock());
        published.iter().for_each(|it| it.source.outlived(closed));
    }

    /// Records that a source is about to be published.
    pub(super) fn publishing(&self, source: &Arc<Source>) {
        let mut published = self.published.lock();
        let is_known = |it: &Published| it.sid.is_none() && Arc::ptr_eq(&it.source, source);
        if !published.iter().any(is_known) {
            let source = Arc::clone(source);
            published.push(Published { sid: None, source });
        }
    }

    /// Records the identifier under which a source was published.
    pub(super) fn published(&self, source: &Arc<Source>, sid: &TrackSid) {
        let mut published = self.published.lock();
        let is_it = |it: &&mut Published| it.sid.is_none() && Arc::ptr_eq(&it.source, source);
        if let Some(publication) = published.iter_mut().find(is_it) {
            publication.sid = Some(sid.clone());
        }
    }

    /// Records the new identifier of a republished track.
    pub(crate) fn track_republished(&self, previous: &TrackSid, sid: &TrackSid) {
        let mut published = self.published.lock();
        let is_it = |it: &&mut Published| it.sid.as_ref() == Some(previous);
        if let Some(publication) = published.iter_mut().find(is_it) {
            publication.sid = Some(sid.clone());
        }
    }

    /// Records that the core has unpublished a track by request, and so has released its source.
    /// The unpublished event alone does not imply this: it also arrives for tracks that the core
    /// keeps when the server ends the room.
    pub(super) fn unpublished(&self, sid: &TrackSid) {
        let is_it = |it: &Published| it.sid.as_ref() == Some(sid);
        self.published.lock().retain(|it| !is_it(it));
    }

    /// Returns the statistics of both transports.
    pub(crate) async fn stats(&self) -> EngineResult<SessionStats> {
        use proto::get_session_stats_callback::Message;
        let room_handle = self.room()?;
        let stats = self.until_left(call::within(REQUEST_DEADLINE, |id| {
            Req::GetSessionStats(proto::GetSessionStatsRequest {
                room_handle,
                request_async_id: Some(id),
            })
        }));
        match stats.await? {
            Ev::GetSessionStats(proto::GetSessionStatsCallback {
                message: Some(message),
                ..
            }) => match message {
                Message::Result(stats) => Ok(stats.into()),
                Message::Error(error) => Err(EngineError::Internal(error.into())),
            },
            _ => Err(FfiError::Unexpected.into()),
        }
    }

    /// Simulates a connection failure.
    pub(crate) async fn simulate(&self, scenario: SimulateScenario) -> EngineResult<()> {
        let room_handle = self.room()?;
        let done = self.until_left(call::within(REQUEST_DEADLINE, |id| {
            Req::SimulateScenario(proto::SimulateScenarioRequest {
                room_handle,
                scenario: proto::SimulateScenarioKind::from(scenario).into(),
                request_async_id: Some(id),
            })
        }));
        match done.await? {
            Ev::SimulateScenario(done) => match done.error {
                Some(error) => Err(EngineError::Internal(error.into())),
                None => Ok(()),
            },
            _ => Err(FfiError::Unexpected.into()),
        }
    }

    /// Handle of the local participant, for requests.
    pub(crate) fn local_participant(&self) -> Result<u64, FfiError> {
        self.handles
            .lock()
            .as_ref()
            .map(|handles| handles.local_participant.id())
            .ok_or(FfiError::Closed)
    }

    /// Waits for a request, or for the end of the room: the core discards pending requests when a
    /// room ends.
    pub(super) async fn until_left<T>(
        &self,
        request: impl Future<Output = Result<T, FfiError>>,
    ) -> Result<T, FfiError> {
        let mut left = self.left.subscribe();
        tokio::select! {
            biased;
            answer = request => answer,
            _ = left.wait_for(|left| *left) => Err(FfiError::Closed),
        }
    }

    pub(super) fn room(&self) -> Result<u64, FfiError> {
        self.handles
            .lock()
            .as_ref()
            .map(|handles| handles.room.id())
            .ok_or(FfiError::Closed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.start_leaving();
        self.release();
    }
}

impl From<FfiError> for EngineError {
    fn from(error: FfiError) -> Self {
        match error {
            FfiError::Closed | FfiError::TimedOut => Self::Connection(error.to_string().into()),
            other => Self::Internal(other.to_string().into()),
        }
    }
}

impl From<proto::get_session_stats_callback::Result> for SessionStats {
    fn from(stats: proto::get_session_stats_callback::Result) -> Self {
        Self {
            publisher_stats: crate::stats::from_proto(stats.publisher_stats),
            subscriber_stats: crate::stats::from_proto(stats.subscriber_stats),
        }
    }
}

impl From<SimulateScenario> for proto::SimulateScenarioKind {
    fn from(scenario: SimulateScenario) -> Self {
        match scenario {
            SimulateScenario::FullReconnect => Self::SimulateFullReconnect,
        }
    }
}
