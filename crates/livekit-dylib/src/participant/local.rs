//! The local participant: publishing tracks, sending data and answering RPCs.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use livekit_rpc::api::{PerformRpcData, RpcError, RpcInvocationData};
use parking_lot::Mutex;

use super::state::participant;
use super::{
    ConnectionQuality, DisconnectReason, ParticipantKind, ParticipantKindDetail, ParticipantState,
    ParticipantTrackPermission, State,
};
use crate::data_stream::{
    self, ByteStreamInfo, ByteStreamWriter, SendByteOptions, SendTextOptions, StreamByteOptions,
    StreamError, StreamResult, StreamTextOptions, TextStreamInfo, TextStreamWriter,
};
use crate::engine::{ParticipantInfo, Session};
use crate::id::{ParticipantIdentity, ParticipantSid, TrackSid};
use crate::options::TrackPublishOptions;
use crate::publication::LocalTrackPublication;
use crate::room::{
    ChatMessage, DataPacket, DataPacketKind, Dispatcher, RoomError, RoomEvent, RoomResult,
};
use crate::room::{SipDTMF, Transcription};
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
    events: Dispatcher,
    publications: Mutex<Publications>,
}

/// Local publications. The completion of a request and the event of the same change arrive in
/// either order.
#[derive(Default)]
struct Publications {
    current: HashMap<TrackSid, LocalTrackPublication>,
    /// Published according to an event, but the request has not completed.
    announced: HashSet<TrackSid>,
    /// Unpublished by request, but the event has not arrived.
    leaving: HashMap<TrackSid, LocalTrackPublication>,
}

participant!(LocalParticipant);

impl LocalParticipant {
    pub(crate) fn new(info: ParticipantInfo, session: Arc<Session>, events: Dispatcher) -> Self {
        let publications = Mutex::default();
        Self {
            inner: Arc::new(Inner {
                state: State::new(info),
                session,
                events,
                publications,
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
        let info = self.inner.session.publish(engine, options.clone()).await?;
        let publication = LocalTrackPublication::new(info, track, options);
        let announced = {
            let mut publications = self.inner.publications.lock();
            publications
                .current
                .insert(publication.sid(), publication.clone());
            publications.announced.remove(&publication.sid())
        };
        if announced {
            self.announce(&publication);
        }
        Ok(publication)
    }

    /// Unpublishes a track.
    pub async fn unpublish_track(&self, sid: &TrackSid) -> RoomResult<LocalTrackPublication> {
        let publication = {
            let mut publications = self.inner.publications.lock();
            let publication = publications.current.remove(sid);
            let publication =
                publication.ok_or_else(|| RoomError::Internal("track not found".into()))?;
            publications
                .leaving
                .insert(sid.clone(), publication.clone());
            publication
        };
        if let Err(error) = self.inner.session.unpublish(sid).await {
            self.inner.publications.lock().leaving.remove(sid);
            return Err(error);
        }
        Ok(publication)
    }

    /// Replaces the participant's metadata.
    pub async fn set_metadata(&self, metadata: String) -> RoomResult<()> {
        self.inner.session.set_metadata(metadata).await
    }

    /// Updates the given attributes of the participant; an empty value removes its key.
    pub async fn set_attributes(&self, attributes: HashMap<String, String>) -> RoomResult<()> {
        self.inner.session.set_attributes(attributes).await
    }

    /// Replaces the participant's display name.
    pub async fn set_name(&self, name: String) -> RoomResult<()> {
        self.inner.session.set_name(name).await
    }

    /// Sends a message over the legacy chat API.
    pub async fn send_chat_message(
        &self,
        text: String,
        destination_identities: Option<Vec<String>>,
        sender_identity: Option<String>,
    ) -> RoomResult<ChatMessage> {
        self.inner
            .session
            .send_chat(
                text,
                destination_identities.unwrap_or_default(),
                sender_identity,
            )
            .await
    }

    /// Edits a message of the legacy chat API.
    pub async fn edit_chat_message(
        &self,
        edit_text: String,
        original_message: ChatMessage,
        destination_identities: Option<Vec<String>>,
        sender_identity: Option<String>,
    ) -> RoomResult<ChatMessage> {
        let destinations = destination_identities.unwrap_or_default();
        self.inner
            .session
            .edit_chat(edit_text, original_message, destinations, sender_identity)
            .await
    }

    /// Sends a data packet.
    pub async fn publish_data(&self, packet: DataPacket) -> RoomResult<()> {
        self.inner.session.publish_data(packet).await
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

    /// Sets the buffered-amount-low threshold of a data channel, in bytes.
    /// [`RoomEvent::DataChannelBufferedAmountLowThresholdChanged`] follows.
    pub fn set_data_channel_buffered_amount_low_threshold(
        &self,
        threshold: u64,
        kind: DataPacketKind,
    ) -> RoomResult<()> {
        self.inner
            .session
            .set_buffered_amount_low_threshold(threshold, kind)
    }

    /// Sets which participants may subscribe to the local tracks.
    pub async fn set_track_subscription_permissions(
        &self,
        all_participants_allowed: bool,
        permissions: Vec<ParticipantTrackPermission>,
    ) -> RoomResult<()> {
        self.inner
            .session
            .set_subscription_permissions(all_participants_allowed, permissions)
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

    /// Unregisters the handler of an RPC method.
    pub fn unregister_rpc_method(&self, method: String) {
        self.inner.session.unregister_rpc(method);
    }

    /// Sends a text as a text stream.
    pub async fn send_text(
        &self,
        text: &str,
        options: SendTextOptions,
    ) -> StreamResult<TextStreamInfo> {
        data_stream::send_text(self.handle()?, text, options).await
    }

    /// Sends a file as a byte stream.
    pub async fn send_file(
        &self,
        path: impl AsRef<Path>,
        options: SendByteOptions,
    ) -> StreamResult<ByteStreamInfo> {
        data_stream::send_file(self.handle()?, path.as_ref(), options).await
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

    /// Opens a byte stream for writing.
    pub async fn stream_bytes(&self, options: StreamByteOptions) -> StreamResult<ByteStreamWriter> {
        data_stream::stream_bytes(self.handle()?, options).await
    }

    /// All publications of the participant, by track identifier.
    pub fn track_publications(&self) -> HashMap<TrackSid, LocalTrackPublication> {
        self.inner.publications.lock().current.clone()
    }

    /// The publication with this identifier.
    pub fn get_track_publication(&self, sid: &TrackSid) -> Option<LocalTrackPublication> {
        self.inner.publications.lock().current.get(sid).cloned()
    }

    pub(crate) fn describe(&self) -> &State {
        &self.inner.state
    }

    /// Handles the event that a track has been published.
    pub(crate) fn published(&self, sid: TrackSid) {
        let known = {
            let mut publications = self.inner.publications.lock();
            let known = publications.current.get(&sid).cloned();
            if known.is_none() {
                publications.announced.insert(sid);
            }
            known
        };
        if let Some(publication) = known {
            self.announce(&publication);
        }
    }

    /// Handles the event that a track has been unpublished.
    pub(crate) fn unpublished(&self, sid: &TrackSid) -> Option<LocalTrackPublication> {
        let mut publications = self.inner.publications.lock();
        publications.announced.remove(sid);
        publications
            .leaving
            .remove(sid)
            .or_else(|| publications.current.remove(sid))
    }

    /// Handles the event that a track has a new identifier after a reconnect.
    pub(crate) fn rename_publication(
        &self,
        previous: &TrackSid,
        sid: TrackSid,
    ) -> Option<LocalTrackPublication> {
        let mut publications = self.inner.publications.lock();
        let publication = publications.current.remove(previous)?;
        publications.current.insert(sid, publication.clone());
        Some(publication)
    }

    fn announce(&self, publication: &LocalTrackPublication) {
        let Some(track) = publication.track() else {
            return;
        };
        let (publication, participant) = (publication.clone(), self.clone());
        self.inner.events.dispatch(&RoomEvent::LocalTrackPublished {
            publication,
            track,
            participant,
        });
    }

    fn handle(&self) -> StreamResult<u64> {
        self.inner
            .session
            .local_participant()
            .map_err(|_| StreamError::AlreadyClosed)
    }
}
