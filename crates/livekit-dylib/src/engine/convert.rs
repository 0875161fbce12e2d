//! Conversions between the native core's protobuf messages and this crate's types.

use livekit_protocol::{AudioTrackFeature, ParticipantPermission};

use super::info::{ParticipantInfo, PublicationInfo, RoomInfo, TrackInfo};
use crate::id::TrackSid;
use crate::options::TrackPublishOptions;
use crate::participant::{DisconnectReason, ParticipantKind};
use crate::proto;
use crate::room::message::TranscriptionSegment;
use crate::track::{TrackKind, TrackSource};

impl From<proto::RoomInfo> for RoomInfo {
    fn from(info: proto::RoomInfo) -> Self {
        Self {
            name: info.name,
            metadata: info.metadata,
        }
    }
}

impl From<proto::ParticipantInfo> for ParticipantInfo {
    fn from(info: proto::ParticipantInfo) -> Self {
        Self {
            kind: info.kind().into(),
            disconnect_reason: disconnect_reason(info.disconnect_reason).into(),
            identity: info.identity.into(),
            name: info.name,
            metadata: info.metadata,
            attributes: info.attributes,
            joined_at: info.joined_at,
            permission: info.permission.map(permission),
            client_protocol: info.client_protocol,
        }
    }
}

impl From<proto::TrackPublicationInfo> for PublicationInfo {
    fn from(info: proto::TrackPublicationInfo) -> Self {
        Self {
            kind: info.kind().into(),
            source: info.source().into(),
            // Both enums use the numbers of LiveKit's protocol.
            audio_features: info
                .audio_features
                .iter()
                .filter_map(|&v| AudioTrackFeature::try_from(v).ok())
                .collect(),
            sid: TrackSid(info.sid),
            name: info.name,
            muted: info.muted,
        }
    }
}

impl From<proto::TrackInfo> for TrackInfo {
    fn from(info: proto::TrackInfo) -> Self {
        Self {
            kind: info.kind().into(),
            sid: TrackSid(info.sid),
            name: info.name,
            muted: info.muted,
        }
    }
}

/// Converts a number of LiveKit's protocol to a disconnect reason.
pub(super) fn disconnect_reason(number: i32) -> livekit_protocol::DisconnectReason {
    livekit_protocol::DisconnectReason::try_from(number)
        .unwrap_or(livekit_protocol::DisconnectReason::UnknownReason)
}

impl From<livekit_protocol::DisconnectReason> for DisconnectReason {
    fn from(reason: livekit_protocol::DisconnectReason) -> Self {
        use livekit_protocol::DisconnectReason as From;
        match reason {
            From::UnknownReason => Self::UnknownReason,
            From::ClientInitiated => Self::ClientInitiated,
            From::DuplicateIdentity => Self::DuplicateIdentity,
            From::ServerShutdown => Self::ServerShutdown,
            From::ParticipantRemoved => Self::ParticipantRemoved,
            From::RoomDeleted => Self::RoomDeleted,
            From::StateMismatch => Self::StateMismatch,
            From::JoinFailure => Self::JoinFailure,
            From::Migration => Self::Migration,
            From::SignalClose => Self::SignalClose,
            From::RoomClosed => Self::RoomClosed,
            From::UserUnavailable => Self::UserUnavailable,
            From::UserRejected => Self::UserRejected,
            From::SipTrunkFailure => Self::SipTrunkFailure,
            From::ConnectionTimeout => Self::ConnectionTimeout,
            From::MediaFailure => Self::MediaFailure,
            From::AgentError => Self::AgentError,
        }
    }
}

/// One-to-one conversions between enums.
macro_rules! convert {
    ($from:ty => $to:ty { $($a:ident => $b:ident),+ $(,)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value { $(<$from>::$a => Self::$b),+ }
            }
        }
    };
}

convert!(proto::ParticipantKind => ParticipantKind {
    Standard => Standard, Ingress => Ingress, Egress => Egress, Sip => Sip, Agent => Agent, Connector => Connector,
    Bridge => Bridge,
});
convert!(proto::TrackKind => TrackKind { KindUnknown => Audio, KindAudio => Audio, KindVideo => Video });
convert!(proto::TrackSource => TrackSource {
    SourceUnknown => Unknown, SourceCamera => Camera, SourceMicrophone => Microphone,
    SourceScreenshare => Screenshare, SourceScreenshareAudio => ScreenshareAudio,
});
convert!(TrackSource => proto::TrackSource {
    Unknown => SourceUnknown, Camera => SourceCamera, Microphone => SourceMicrophone,
    Screenshare => SourceScreenshare, ScreenshareAudio => SourceScreenshareAudio,
});

pub(super) fn permission(permission: proto::ParticipantPermission) -> ParticipantPermission {
    ParticipantPermission {
        can_subscribe: permission.can_subscribe,
        can_publish: permission.can_publish,
        can_publish_data: permission.can_publish_data,
        // Uses the numbers of LiveKit's protocol.
        can_publish_sources: permission.can_publish_sources,
        hidden: permission.hidden,
        can_update_metadata: permission.can_update_metadata,
        can_subscribe_metrics: permission.can_subscribe_metrics,
        can_manage_agent_session: permission.can_manage_agent_session,
        ..ParticipantPermission::default()
    }
}

impl From<TranscriptionSegment> for proto::TranscriptionSegment {
    fn from(segment: TranscriptionSegment) -> Self {
        Self {
            id: segment.id,
            text: segment.text,
            start_time: segment.start_time,
            end_time: segment.end_time,
            r#final: segment.r#final,
            language: segment.language,
        }
    }
}

impl From<TrackPublishOptions> for proto::TrackPublishOptions {
    fn from(options: TrackPublishOptions) -> Self {
        Self {
            dtx: Some(options.dtx),
            // Redundant encoding tolerates packet loss.
            red: Some(true),
            source: Some(proto::TrackSource::from(options.source).into()),
            stream: Some(String::new()),
            preconnect_buffer: Some(options.preconnect_buffer),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_the_schema_does_not_know_are_tolerated() {
        let info = ParticipantInfo::from(proto::ParticipantInfo {
            kind: 99,
            disconnect_reason: 99,
            ..proto::ParticipantInfo::default()
        });
        assert_eq!(info.kind, ParticipantKind::Standard);
        assert_eq!(info.disconnect_reason, DisconnectReason::UnknownReason);
    }
}
