//! The local participant: publishing tracks, sending data and answering RPCs.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use livekit_protocol::ParticipantPermission;
use livekit_rpc::api::{PerformRpcData, RpcError, RpcInvocationData};
use parking_lot::RwLock;

use super::kind::ParticipantKind;
use super::state::{State, participant};
use crate::data_stream::{
    self, ByteStreamInfo, SendByteOptions, SendTextOptions, StreamError, StreamResult,
    StreamTextOptions, TextStreamInfo, TextStreamWriter,
};
use crate::engine::{ParticipantInfo, Session};
use crate::id::{ParticipantIdentity, TrackSid};
use crate::options::TrackPublishOptions;
use crate::publication::LocalTrackPublication;
use crate::room::error::{RoomError, RoomResult};
use crate::room::message::{SipDTMF, Transcription};
use crate::track::LocalTrack;
use crate::webrtc::RtcError;

/// The participant that this process is in the room. Clones share their state.
#[derive(Clone)]
pub struct LocalParticipant {
    inner: Arc<Inner>,
}

struct Inner {
    state: State,
    session: Arc<Session>,
    publications: RwLock<HashMap<TrackSid, LocalTrackPublication>>,
}

participant!(LocalParticipant);

impl LocalParticipant {
    pub(crate) fn new(info: ParticipantInfo, session: Arc<Session>) -> Self {
        Self {
            inner: Arc::new(Inner {
                state: State::new(info),
                session,
                publications: RwLock::default(),
            }),
        }
    }

    /// Publishes a track to the room.
    pub async fn publish_track(
        &self,
        track: LocalTrack,
        options: TrackPublishOptions,
    ) -> RoomResult<LocalTrackPublication> {
        let engine = track
            .inner()
            .engine()
            .map_err(|error| RoomError::Rtc(RtcError::invalid(error)))?;
        let info = self.inner.session.publish(engine, options).await?;
        let publication = LocalTrackPublication::new(info, track);
        self.inner
            .publications
            .write()
            .insert(publication.sid(), publication.clone());
        Ok(publication)
    }

    /// Unpublishes a track.
    pub async fn unpublish_track(&self, sid: &TrackSid) -> RoomResult<LocalTrackPublication> {
        let publication = self.inner.publications.write().remove(sid);
        let publication =
            publication.ok_or_else(|| RoomError::Internal("track not found".into()))?;
        self.inner.session.unpublish(sid).await?;
        Ok(publication)
    }

    /// Updates the given attributes of the participant; an empty value removes its key.
    pub async fn set_attributes(&self, attributes: HashMap<String, String>) -> RoomResult<()> {
        self.inner.session.set_attributes(attributes).await
    }

    /// Sends transcription segments over the legacy transcription API.
    ///
    /// Fails without a valid track identifier, because receivers with the native core would stop
    /// handling the room's events.
    pub async fn publish_transcription(&self, packet: Transcription) -> RoomResult<()> {
        if TrackSid::try_from(packet.track_id.clone()).is_err() {
            return Err(RoomError::Internal(
                "a transcription requires the sid of a track".into(),
            ));
        }
        self.inner.session.publish_transcription(packet).await
    }

    /// Sends a DTMF tone.
    pub async fn publish_dtmf(&self, dtmf: SipDTMF) -> RoomResult<()> {
        self.inner.session.publish_dtmf(dtmf).await
    }

    /// Calls an RPC method of another participant and waits for its response.
    pub async fn perform_rpc(&self, data: PerformRpcData) -> Result<String, RpcError> {
        self.inner.session.perform_rpc(data).await
    }

    /// Registers the handler of an RPC method. It runs on the current Tokio runtime. If it panics,
    /// the caller receives an error.
    pub fn register_rpc_method(
        &self,
        method: String,
        handler: impl Fn(
            RpcInvocationData,
        ) -> Pin<Box<dyn Future<Output = Result<String, RpcError>> + Send>>
        + Send
        + Sync
        + 'static,
    ) {
        self.inner.session.register_rpc(method, Arc::new(handler));
    }

    /// Sends a text as a text stream.
    pub async fn send_text(
        &self,
        text: &str,
        options: SendTextOptions,
    ) -> StreamResult<TextStreamInfo> {
        data_stream::send_text(self.handle()?, text, options).await
    }

    /// Sends bytes as a byte stream.
    pub async fn send_bytes(
        &self,
        data: impl AsRef<[u8]>,
        options: SendByteOptions,
    ) -> StreamResult<ByteStreamInfo> {
        data_stream::send_bytes(self.handle()?, data.as_ref(), options).await
    }

    /// Opens a text stream for writing.
    pub async fn stream_text(&self, options: StreamTextOptions) -> StreamResult<TextStreamWriter> {
        data_stream::stream_text(self.handle()?, options).await
    }

    /// All publications of the participant, by track identifier.
    pub fn track_publications(&self) -> HashMap<TrackSid, LocalTrackPublication> {
        self.inner.publications.read().clone()
    }

    pub(crate) fn publication(&self, sid: &TrackSid) -> Option<LocalTrackPublication> {
        self.inner.publications.read().get(sid).cloned()
    }

    pub(crate) fn describe(&self) -> &State {
        &self.inner.state
    }

    /// Handles the event that a track has been unpublished.
    pub(crate) fn unpublished(&self, sid: &TrackSid) {
        self.inner.publications.write().remove(sid);
    }

    /// Handles the event that a track has a new identifier after a reconnect.
    pub(crate) fn rename_publication(
        &self,
        previous: &TrackSid,
        sid: TrackSid,
    ) -> Option<LocalTrackPublication> {
        let mut publications = self.inner.publications.write();
        let publication = publications.remove(previous)?;
        publications.insert(sid, publication.clone());
        Some(publication)
    }

    fn handle(&self) -> StreamResult<u64> {
        self.inner
            .session
            .local_participant()
            .map_err(|_| StreamError::AlreadyClosed)
    }
}
