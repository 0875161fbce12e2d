//! Joining a room.

use std::time::Duration;

use super::call;
use super::event::Events;
use super::info::{ParticipantInfo, PublicationInfo, RoomInfo};
use super::media::Publication;
use super::session::Session;
use crate::e2ee::{E2eeOptions, EncryptionType};
use crate::ffi::{Ev, FfiError, Handle, Req};
use crate::proto::{self, connect_callback};
use crate::room::error::RoomResult;
use crate::room::options::RoomOptions;

/// Number of retries after the first attempt to join.
const JOIN_RETRIES: u32 = 3;

/// Timeout of a single connection attempt, in milliseconds.
const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// Time allowed for joining in addition to the connection attempts: for setting up transports and
/// for a busy server.
const JOIN_ALLOWANCE: Duration = Duration::from_secs(30);

/// Deadline of a join.
const JOIN_DEADLINE: Duration =
    Duration::from_millis(CONNECT_TIMEOUT_MS * (JOIN_RETRIES as u64 + 1))
        .saturating_add(JOIN_ALLOWANCE);

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
    let event = call::within(JOIN_DEADLINE, |id| {
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
        Self {
            auto_subscribe: Some(options.auto_subscribe),
            adaptive_stream: Some(false),
            dynacast: Some(false),
            rtc_config: Some(proto::RtcConfig {
                ice_transport_type: Some(proto::IceTransportType::TransportAll.into()),
                continual_gathering_policy: Some(
                    proto::ContinualGatheringPolicy::GatherContinually.into(),
                ),
                // Empty means the servers that the LiveKit server announces.
                ice_servers: Vec::new(),
            }),
            join_retries: Some(JOIN_RETRIES),
            encryption: options.encryption.map(Into::into),
            single_peer_connection: Some(true),
            connect_timeout_ms: Some(CONNECT_TIMEOUT_MS),
            data_stream: Some(proto::RoomDataStreamOptions::default()),
            ..Self::default()
        }
    }
}

impl From<E2eeOptions> for proto::E2eeOptions {
    fn from(options: E2eeOptions) -> Self {
        let cipher = match options.encryption_type {
            EncryptionType::None => proto::EncryptionType::None,
            EncryptionType::Gcm => proto::EncryptionType::Gcm,
            EncryptionType::Custom => proto::EncryptionType::Custom,
        };
        let provider = options.key_provider;
        Self {
            encryption_type: cipher.into(),
            key_provider_options: proto::KeyProviderOptions {
                shared_key: Some(provider.shared_key),
                ratchet_window_size: provider.options.ratchet_window_size,
                ratchet_salt: provider.options.ratchet_salt,
                failure_tolerance: provider.options.failure_tolerance,
                key_ring_size: provider.options.key_ring_size,
                key_derivation_function: proto::KeyDerivationFunction::Pbkdf2.into(),
            },
        }
    }
}
