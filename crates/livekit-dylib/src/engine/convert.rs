//! Conversions between the native core's protobuf messages and this crate's types.

use livekit_protocol::{AudioTrackFeature, PacketTrailerFeature, ParticipantPermission};

use super::encryption::encryption_type;
use super::info::{ParticipantInfo, PublicationInfo, TrackInfo};
use crate::id::{ParticipantSid, RoomSid, TrackSid};
use crate::options::TrackPublishOptions;
use crate::participant::{
    ConnectionQuality, DisconnectReason, ParticipantKind, ParticipantKindDetail, ParticipantState,
};
use crate::proto;
use crate::room::{
    ChatMessage, ConnectionState, DataChannelOptions, DataPacketKind, RoomInfo,
    TranscriptionSegment,
};
use crate::track::{StreamState, TrackDimension, TrackKind, TrackSource};
use crate::webrtc::native::frame_cryptor::EncryptionState;

impl From<proto::ParticipantInfo> for ParticipantInfo {
    fn from(info: proto::ParticipantInfo) -> Self {
        Self {
            state: info.state().into(),
            kind: info.kind().into(),
            kind_details: info.kind_details().map(Into::into).collect(),
            disconnect_reason: disconnect_reason(info.disconnect_reason).into(),
            sid: ParticipantSid(info.sid),
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
            encryption_type: encryption_type(info.encryption_type()),
            // Both enums use the numbers of LiveKit's protocol.
            audio_features: info
                .audio_features
                .iter()
                .filter_map(|&v| AudioTrackFeature::try_from(v).ok())
                .collect(),
            frame_metadata_features: info
                .frame_metadata_features()
                .map(trailer_feature)
                .collect(),
            sid: TrackSid(info.sid),
            name: info.name,
            simulcasted: info.simulcasted,
            dimension: TrackDimension(info.width, info.height),
            mime_type: info.mime_type,
            muted: info.muted,
        }
    }
}

impl From<proto::TrackInfo> for TrackInfo {
    fn from(info: proto::TrackInfo) -> Self {
        Self {
            kind: info.kind().into(),
            stream_state: info.stream_state().into(),
            sid: TrackSid(info.sid),
            name: info.name,
            muted: info.muted,
        }
    }
}

impl From<proto::RoomInfo> for RoomInfo {
    fn from(info: proto::RoomInfo) -> Self {
        let channel = |buffered_amount_low_threshold| DataChannelOptions {
            buffered_amount_low_threshold,
        };
        Self {
            sid: info.sid.and_then(|sid| RoomSid::try_from(sid).ok()),
            name: info.name,
            metadata: info.metadata,
            state: ConnectionState::Connected,
            lossy_dc_options: channel(info.lossy_dc_buffered_amount_low_threshold),
            reliable_dc_options: channel(info.reliable_dc_buffered_amount_low_threshold),
            empty_timeout: info.empty_timeout,
            departure_timeout: info.departure_timeout,
            max_participants: info.max_participants,
            creation_time: info.creation_time,
            num_publishers: info.num_publishers,
            num_participants: info.num_participants,
            active_recording: info.active_recording,
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

convert!(proto::ParticipantState => ParticipantState {
    Joining => Joining, Joined => Joined, Active => Active, Disconnected => Disconnected,
});
convert!(proto::ParticipantKind => ParticipantKind {
    Standard => Standard, Ingress => Ingress, Egress => Egress, Sip => Sip, Agent => Agent, Connector => Connector,
    Bridge => Bridge,
});
convert!(proto::ParticipantKindDetail => ParticipantKindDetail {
    CloudAgent => CloudAgent, Forwarded => Forwarded, ConnectorWhatsapp => ConnectorWhatsapp,
    ConnectorTwilio => ConnectorTwilio, BridgeRtsp => BridgeRtsp, Simulation => Simulation,
});
convert!(proto::ConnectionQuality => ConnectionQuality {
    QualityPoor => Poor, QualityGood => Good, QualityExcellent => Excellent, QualityLost => Lost,
});
convert!(proto::ConnectionState => ConnectionState {
    ConnDisconnected => Disconnected, ConnConnected => Connected, ConnReconnecting => Reconnecting,
});
convert!(proto::TrackKind => TrackKind { KindUnknown => Audio, KindAudio => Audio, KindVideo => Video });
convert!(proto::StreamState => StreamState { StateUnknown => Active, StateActive => Active, StatePaused => Paused });
convert!(proto::TrackSource => TrackSource {
    SourceUnknown => Unknown, SourceCamera => Camera, SourceMicrophone => Microphone,
    SourceScreenshare => Screenshare, SourceScreenshareAudio => ScreenshareAudio,
});
convert!(TrackSource => proto::TrackSource {
    Unknown => SourceUnknown, Camera => SourceCamera, Microphone => SourceMicrophone,
    Screenshare => SourceScreenshare, ScreenshareAudio => SourceScreenshareAudio,
});
convert!(proto::DataPacketKind => DataPacketKind { KindLossy => Lossy, KindReliable => Reliable });
convert!(DataPacketKind => proto::DataPacketKind { Lossy => KindLossy, Reliable => KindReliable });
convert!(proto::EncryptionState => EncryptionState {
    New => New, Ok => Ok, EncryptionFailed => EncryptionFailed, DecryptionFailed => DecryptionFailed,
    MissingKey => MissingKey, KeyRatcheted => KeyRatcheted, InternalError => InternalError,
});

fn trailer_feature(feature: proto::FrameMetadataFeature) -> PacketTrailerFeature {
    match feature {
        proto::FrameMetadataFeature::FmfUserTimestamp => PacketTrailerFeature::PtfUserTimestamp,
        proto::FrameMetadataFeature::FmfFrameId => PacketTrailerFeature::PtfFrameId,
        proto::FrameMetadataFeature::FmfUserData => PacketTrailerFeature::PtfUserData,
    }
}

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

impl From<proto::TranscriptionSegment> for TranscriptionSegment {
    fn from(segment: proto::TranscriptionSegment) -> Self {
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

impl From<proto::ChatMessage> for ChatMessage {
    fn from(message: proto::ChatMessage) -> Self {
        Self {
            id: message.id,
            message: message.message,
            timestamp: message.timestamp,
            edit_timestamp: message.edit_timestamp,
            deleted: message.deleted,
            generated: message.generated,
        }
    }
}

impl From<ChatMessage> for proto::ChatMessage {
    fn from(message: ChatMessage) -> Self {
        Self {
            id: message.id,
            message: message.message,
            timestamp: message.timestamp,
            edit_timestamp: message.edit_timestamp,
            deleted: message.deleted,
            generated: message.generated,
        }
    }
}

impl From<TrackPublishOptions> for proto::TrackPublishOptions {
    /// Converts the audio options only, because this crate cannot create video tracks to publish.
    fn from(options: TrackPublishOptions) -> Self {
        let encoding = options.audio_encoding;
        Self {
            audio_encoding: encoding.map(|encoding| proto::AudioEncoding {
                max_bitrate: encoding.max_bitrate,
            }),
            dtx: Some(options.dtx),
            red: Some(options.red),
            source: Some(proto::TrackSource::from(options.source).into()),
            stream: Some(options.stream),
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
            state: 99,
            kind: 99,
            kind_details: vec![99, proto::ParticipantKindDetail::Forwarded.into()],
            disconnect_reason: 99,
            ..proto::ParticipantInfo::default()
        });
        assert_eq!(info.state, ParticipantState::Joining);
        assert_eq!(info.kind, ParticipantKind::Standard);
        assert_eq!(info.kind_details, [ParticipantKindDetail::Forwarded]);
        assert_eq!(info.disconnect_reason, DisconnectReason::UnknownReason);
    }
}
