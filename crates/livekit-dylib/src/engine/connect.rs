//! Joining a room.

use std::time::Duration;

use super::call;
use super::event::Events;
use super::info::{ParticipantInfo, PublicationInfo};
use super::media::Publication;
use super::session::Session;
use crate::ffi::{Ev, FfiError, Handle, Req};
use crate::proto::{self, connect_callback};
use crate::room::{RoomInfo, RoomOptions, RoomResult};
use crate::webrtc::peer_connection_factory::{
    ContinualGatheringPolicy, IceTransportsType, RtcConfiguration,
};

/// Time allowed for joining in addition to the connection attempts: for setting up transports and
/// for a busy server.
const JOIN_ALLOWANCE: Duration = Duration::from_secs(30);

/// A room that has just been joined.
pub(crate) struct Joined {
    pub(crate) session: Session,
    pub(crate) events: Events,
    pub(crate) room: RoomInfo,
    pub(crate) local: ParticipantInfo,
    /// Participants already in the room, with their publications.
    pub(crate) remotes: Vec<(ParticipantInfo, Vec<(PublicationInfo, Publication)>)>,
}

/// Joins a room. All of its events, from the first on, are queued in [`Joined::events`].
pub(crate) async fn connect(url: &str, token: &str, options: RoomOptions) -> RoomResult<Joined> {
    let deadline = options
        .connect_timeout
        .saturating_mul(options.join_retries.saturating_add(1))
        + JOIN_ALLOWANCE;
    let event = call::within(deadline, |id| {
        Req::Connect(proto::ConnectRequest {
            url: url.to_owned(),
            token: token.to_owned(),
            options: options.into(),
            request_async_id: Some(id),
        })
    });
    match event.await? {
        Ev::Connect(proto::ConnectCallback {
            message: Some(message),
            ..
        }) => match message {
            connect_callback::Message::Result(result) => Joined::new(result),
            connect_callback::Message::Error(error) => Err(call::failure(&error)),
        },
        _ => Err(FfiError::Unexpected.into()),
    }
}

impl Joined {
    fn new(result: connect_callback::Result) -> RoomResult<Self> {
        let events = Events::of(result.room.handle.id);
        let session = Session::new(
            Handle::new(result.room.handle),
            Handle::new(result.local_participant.handle),
        );
        let remotes = result.participants.into_iter().map(remote).collect();
        // The core panics if it does not receive this request within 15 s.
        session.listen()?;
        Ok(Self {
            session,
            events,
            room: result.room.info.into(),
            local: result.local_participant.info.into(),
            remotes,
        })
    }
}

fn remote(
    remote: connect_callback::ParticipantWithTracks,
) -> (ParticipantInfo, Vec<(PublicationInfo, Publication)>) {
    // No request needs the handle of a remote participant.
    drop(Handle::new(remote.participant.handle));
    (
        remote.participant.info.into(),
        remote
            .publications
            .into_iter()
            .map(Publication::new)
            .collect(),
    )
}

impl From<RoomOptions> for proto::RoomOptions {
    fn from(options: RoomOptions) -> Self {
        let encryption = options.encryption.or(
            #[expect(deprecated, reason = "the official API still accepts it")]
            options.e2ee,
        );
        Self {
            auto_subscribe: Some(options.auto_subscribe),
            adaptive_stream: Some(options.adaptive_stream),
            dynacast: Some(options.dynacast),
            rtc_config: Some(options.rtc_config.into()),
            join_retries: Some(options.join_retries),
            encryption: encryption.map(Into::into),
            single_peer_connection: Some(options.single_peer_connection),
            connect_timeout_ms: Some(millis(options.connect_timeout)),
            data_stream: Some(proto::RoomDataStreamOptions {
                max_payload_byte_length: options
                    .data_stream
                    .max_payload_byte_length
                    .map(|len| len as u64),
                ..proto::RoomDataStreamOptions::default()
            }),
            other_sdks: options.sdk_options.other_sdks,
            ..Self::default()
        }
    }
}

impl From<RtcConfiguration> for proto::RtcConfig {
    fn from(config: RtcConfiguration) -> Self {
        let transport = match config.ice_transport_type {
            IceTransportsType::Relay => proto::IceTransportType::TransportRelay,
            IceTransportsType::NoHost => proto::IceTransportType::TransportNohost,
            IceTransportsType::All => proto::IceTransportType::TransportAll,
        };
        let gathering = match config.continual_gathering_policy {
            ContinualGatheringPolicy::GatherOnce => proto::ContinualGatheringPolicy::GatherOnce,
            ContinualGatheringPolicy::GatherContinually => {
                proto::ContinualGatheringPolicy::GatherContinually
            }
        };
        let server = |server: crate::webrtc::peer_connection_factory::IceServer| proto::IceServer {
            urls: server.urls,
            username: Some(server.username),
            password: Some(server.password),
        };
        Self {
            ice_transport_type: Some(transport.into()),
            continual_gathering_policy: Some(gathering.into()),
            ice_servers: config.ice_servers.into_iter().map(server).collect(),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
