//! Requests of the local participant.

use std::collections::HashMap;

use livekit_rpc::api::{PerformRpcData, RpcError, RpcErrorCode};

use super::call::{self, REQUEST_DEADLINE, done};
use super::info::PublicationInfo;
use super::media::Track;
use super::session::Session;
use crate::ffi::{Ev, FfiError, Handle, Req};
use crate::id::TrackSid;
use crate::options::TrackPublishOptions;
use crate::proto;
use crate::room::error::RoomResult;
use crate::room::message::{SipDTMF, Transcription};

impl Session {
    pub(crate) async fn publish(
        &self,
        track: &Track,
        options: TrackPublishOptions,
    ) -> RoomResult<PublicationInfo> {
        use proto::publish_track_callback::Message;
        let source = track.source();
        let track = track.handle()?;
        if let Some(source) = source {
            self.publishing(source);
        }
        let event = self.request(|local_participant_handle, id| {
            Req::PublishTrack(proto::PublishTrackRequest {
                local_participant_handle,
                track_handle: track.id(),
                options: options.into(),
                request_async_id: Some(id),
            })
        });
        match event.await? {
            Ev::PublishTrack(proto::PublishTrackCallback {
                message: Some(message),
                ..
            }) => match message {
                Message::Publication(publication) => {
                    // No request needs the handle of a local publication.
                    drop(Handle::new(publication.handle));
                    let info = PublicationInfo::from(publication.info);
                    if let Some(source) = source {
                        self.published(source, &info.sid);
                    }
                    Ok(info)
                }
                Message::Error(error) => Err(call::failure(&error)),
            },
            _ => Err(FfiError::Unexpected.into()),
        }
    }

    pub(crate) async fn unpublish(&self, sid: &TrackSid) -> RoomResult<()> {
        let event = self.request(|local_participant_handle, id| {
            Req::UnpublishTrack(proto::UnpublishTrackRequest {
                local_participant_handle,
                track_sid: sid.to_string(),
                stop_on_unpublish: true,
                request_async_id: Some(id),
            })
        });
        let unpublished = done!(UnpublishTrack, event.await);
        if unpublished.is_ok() {
            self.unpublished(sid);
        }
        unpublished
    }

    pub(crate) async fn set_attributes(
        &self,
        attributes: HashMap<String, String>,
    ) -> RoomResult<()> {
        let entry = |(key, value)| proto::AttributesEntry { key, value };
        let event = self.request(|local_participant_handle, id| {
            Req::SetLocalAttributes(proto::SetLocalAttributesRequest {
                local_participant_handle,
                attributes: attributes.into_iter().map(entry).collect(),
                request_async_id: Some(id),
            })
        });
        done!(SetLocalAttributes, event.await)
    }

    pub(crate) async fn publish_transcription(
        &self,
        transcription: Transcription,
    ) -> RoomResult<()> {
        let event = self.request(|local_participant_handle, id| {
            Req::PublishTranscription(proto::PublishTranscriptionRequest {
                local_participant_handle,
                participant_identity: transcription.participant_identity,
                track_id: transcription.track_id,
                segments: transcription.segments.into_iter().map(Into::into).collect(),
                request_async_id: Some(id),
            })
        });
        done!(PublishTranscription, event.await)
    }

    pub(crate) async fn publish_dtmf(&self, dtmf: SipDTMF) -> RoomResult<()> {
        let event = self.request(|local_participant_handle, id| {
            Req::PublishSipDtmf(proto::PublishSipDtmfRequest {
                local_participant_handle,
                code: dtmf.code,
                digit: dtmf.digit,
                destination_identities: dtmf
                    .destination_identities
                    .into_iter()
                    .map(Into::into)
                    .collect(),
                request_async_id: Some(id),
            })
        });
        done!(PublishSipDtmf, event.await)
    }

    pub(crate) async fn perform_rpc(&self, data: PerformRpcData) -> Result<String, RpcError> {
        let millis =
            |duration: std::time::Duration| u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
        let failed =
            |error: FfiError| RpcError::built_in(RpcErrorCode::SendFailed, Some(error.to_string()));
        // The core ends the RPC at the response timeout, plus the round trip for the
        // acknowledgment.
        let deadline = data.response_timeout + data.max_round_trip_latency + REQUEST_DEADLINE;
        let local_participant_handle = self.local_participant().map_err(failed)?;
        let event = self.until_left(call::within(deadline, |id| {
            Req::PerformRpc(proto::PerformRpcRequest {
                local_participant_handle,
                destination_identity: data.destination_identity,
                method: data.method,
                payload: data.payload,
                response_timeout_ms: Some(millis(data.response_timeout)),
                max_round_trip_latency_ms: Some(millis(data.max_round_trip_latency)),
                request_async_id: Some(id),
            })
        }));
        match event.await.map_err(failed)? {
            Ev::PerformRpc(callback) => match callback.error {
                Some(error) => Err(RpcError::new(error.code, error.message, error.data)),
                None => Ok(callback.payload.unwrap_or_default()),
            },
            _ => Err(failed(FfiError::Unexpected)),
        }
    }

    /// Sends a request of the local participant and waits for its callback, or for the end of the
    /// room.
    async fn request(&self, build: impl FnOnce(u64, u64) -> Req) -> Result<Ev, FfiError> {
        let local_participant = self.local_participant()?;
        self.until_left(call::within(REQUEST_DEADLINE, |id| {
            build(local_participant, id)
        }))
        .await
    }
}
