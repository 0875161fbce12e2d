//! The part of the API that Parlor uses, in one file that must compile against this crate and
//! against the official one: without the `extern crate` line below, it is a program for `livekit`
//! 0.10.
extern crate livekit_dylib as livekit;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use livekit::e2ee::EncryptionType;
use livekit::options::{AudioEncoding, TrackPublishOptions};
use livekit::participant::ParticipantTrackPermission;
use livekit::prelude::*;
use livekit::publication::{PermissionStatus, SubscriptionStatus};
use livekit::track::{TrackError, VideoQuality};
use livekit::webrtc::audio_frame::AudioFrame;
use livekit::webrtc::audio_source::native::NativeAudioSource;
use livekit::webrtc::audio_source::{AudioSourceOptions, RtcAudioSource};
use livekit::webrtc::audio_stream::native::{NativeAudioStream, NativeAudioStreamOptions};
use livekit::webrtc::prelude::{ContinualGatheringPolicy, IceServer, IceTransportsType, RtcError};
use livekit::webrtc::stats::RtcStats;
use livekit::{
    ByteStreamReader, ByteStreamWriter, DisconnectReason, ParticipantKind, ParticipantState,
    SendByteOptions, SendTextOptions, StreamByteOptions, StreamReader, StreamResult,
    StreamTextOptions, StreamWriter, TextStreamReader, TextStreamWriter,
};
use tokio::sync::mpsc::UnboundedReceiver;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(token)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: surface <url> <token>");
    };
    let (room, events): (Room, UnboundedReceiver<RoomEvent>) =
        Room::connect(&url, &token, options()).await?;
    let source = publish(&room.local_participant()).await?;
    silence(&source).await?;
    describe(&room.local_participant()).await?;
    streams(&room.local_participant()).await?;
    packets(&room.local_participant()).await?;
    calls(&room.local_participant()).await;
    watch(&room, events).await;
    let _: Vec<RtcStats> = room.get_stats().await?.publisher_stats;
    let _: (RoomSid, Option<RoomSid>, String) =
        (room.sid().await, room.maybe_sid(), room.metadata());
    room.close_with_reason(DisconnectReason::ClientInitiated)
        .await?;
    Ok(())
}

fn options() -> RoomOptions {
    let mut options = RoomOptions::default();
    options.auto_subscribe = true;
    options.join_retries = 1;
    options.single_peer_connection = true;
    options.connect_timeout = Duration::from_secs(5);
    options.sdk_options.other_sdks = Some("parlor:0.1.0".to_owned());
    options.rtc_config.ice_transport_type = IceTransportsType::All;
    options.rtc_config.continual_gathering_policy = ContinualGatheringPolicy::GatherContinually;
    let server = IceServer {
        urls: vec!["stun:127.0.0.1:3478".into()],
        username: String::new(),
        password: String::new(),
    };
    options.rtc_config.ice_servers.push(server);
    options.data_stream = options.data_stream.with_max_payload_byte_length(1 << 20);
    options
}

async fn publish(me: &LocalParticipant) -> RoomResult<NativeAudioSource> {
    let source = NativeAudioSource::new(AudioSourceOptions::default(), 24_000, 1, 50);
    let track =
        LocalAudioTrack::create_audio_track("voice", RtcAudioSource::Native(source.clone()));
    let options = TrackPublishOptions {
        source: TrackSource::Microphone,
        audio_encoding: Some(AudioEncoding {
            max_bitrate: 24_000,
        }),
        dtx: false,
        red: true,
        stream: "agent".into(),
        ..Default::default()
    };
    let publication: LocalTrackPublication = me
        .publish_track(LocalTrack::Audio(track.clone()), options)
        .await?;
    track.mute();
    publication.unmute();
    let _: (bool, TrackSid, String) =
        (track.is_muted(), publication.sid(), publication.mime_type());
    let _: (bool, EncryptionType) = (
        publication.publish_options().red,
        publication.encryption_type(),
    );
    let _: Vec<RtcStats> = track.get_stats().await?;
    me.unpublish_track(&publication.sid()).await?;
    Ok(source)
}

async fn silence(source: &NativeAudioSource) -> Result<(), RtcError> {
    let samples = [0i16; 240];
    let frame = AudioFrame {
        data: samples.as_slice().into(),
        sample_rate: 24_000,
        num_channels: 1,
        samples_per_channel: 240,
    };
    source.capture_frame(&frame).await?;
    source
        .capture_frame(&AudioFrame::new(
            source.sample_rate(),
            source.num_channels(),
            240,
        ))
        .await?;
    source.clear_buffer();
    Ok(())
}

async fn describe(me: &LocalParticipant) -> RoomResult<()> {
    me.set_attributes(HashMap::from([(
        "lk.agent.state".into(),
        "listening".into(),
    )]))
    .await?;
    me.set_metadata("{}".into()).await?;
    me.set_name("Parlor".into()).await?;
    let everybody = ParticipantTrackPermission {
        participant_identity: ParticipantIdentity::from("caller"),
        allow_all: true,
        allowed_track_sids: vec![],
    };
    me.set_track_subscription_permissions(false, vec![everybody])
        .await?;
    let _: (ParticipantSid, ParticipantIdentity, ParticipantKind) =
        (me.sid(), me.identity(), me.kind());
    let _: (i64, i32, ParticipantState) = (me.joined_at(), me.client_protocol(), me.state());
    let _ = me.permission().map(|permission| permission.can_publish);
    Ok(())
}

async fn streams(me: &LocalParticipant) -> StreamResult<()> {
    let options = SendTextOptions::new_with_topic("lk.chat").with_attribute("lk.segment_id", "1");
    let info = me.send_text("hello", options).await?;
    let _: HashMap<String, String> = info.attributes();
    let options = StreamTextOptions::new_with_topic("lk.transcription")
        .with_attribute("lk.transcription_final", "false");
    let text: TextStreamWriter = me.stream_text(options).await?;
    text.write("abc").await?;
    text.close().await?;
    let bytes: ByteStreamWriter = me
        .stream_bytes(StreamByteOptions::new_with_topic("audio"))
        .await?;
    bytes.write(&[1, 2, 3]).await?;
    bytes.close_with_reason("enough").await?;
    me.send_bytes([0u8; 4], SendByteOptions::new_with_topic("b"))
        .await?;
    me.send_file("/dev/null", SendByteOptions::new_with_topic("f"))
        .await?;
    Ok(())
}

async fn packets(me: &LocalParticipant) -> RoomResult<()> {
    let destination_identities = vec!["caller".into()];
    let packet = DataPacket {
        payload: vec![1],
        topic: Some("t".into()),
        reliable: true,
        destination_identities,
    };
    me.publish_data(packet).await?;
    me.publish_dtmf(SipDTMF {
        code: 1,
        digit: "1".into(),
        destination_identities: vec![],
    })
    .await?;
    let segment = TranscriptionSegment {
        id: "SG_1".into(),
        text: "hi".into(),
        r#final: true,
        ..Default::default()
    };
    let segments = vec![segment];
    me.publish_transcription(Transcription {
        participant_identity: "x".into(),
        track_id: "TR_x".into(),
        segments,
    })
    .await
}

async fn calls(me: &LocalParticipant) {
    me.register_rpc_method("ping".to_owned(), |call: RpcInvocationData| {
        Box::pin(async move {
            match call.payload.is_empty() {
                true => Err(RpcError::new(1500, "empty".into(), None)),
                false => Ok(call.payload),
            }
        })
    });
    me.unregister_rpc_method("ping".to_owned());
    let call = PerformRpcData::new("caller", "pong")
        .with_payload("x")
        .with_response_timeout(Duration::from_secs(2));
    let answer: Result<String, RpcError> = me.perform_rpc(call).await;
    let _ = answer.is_err_and(|error| error.code == RpcErrorCode::UnsupportedMethod as u32);
}

async fn watch(room: &Room, mut events: UnboundedReceiver<RoomEvent>) {
    let _second: UnboundedReceiver<RoomEvent> = room.subscribe();
    while let Some(event) = events.recv().await {
        match event {
            RoomEvent::Connected {
                participants_with_tracks,
            } => {
                for (participant, publications) in participants_with_tracks {
                    let _: (RemoteParticipant, Vec<RemoteTrackPublication>) =
                        (participant, publications);
                }
            }
            RoomEvent::TrackSubscribed {
                track: RemoteTrack::Audio(track),
                publication,
                participant,
            } => {
                let _ = (publication.sid(), participant.identity());
                tokio::spawn(listen(track));
            }
            RoomEvent::TrackPublished { publication, .. } => subscribe(&publication),
            RoomEvent::TrackSubscriptionFailed {
                error: TrackError::TrackNotFound(sid),
                ..
            } => drop(sid),
            RoomEvent::TextStreamOpened {
                reader,
                topic,
                participant_identity,
            } => {
                let _: (String, ParticipantIdentity) = (topic, participant_identity);
                tokio::spawn(read_text(reader.take()));
            }
            RoomEvent::ByteStreamOpened { reader, .. } => {
                drop(tokio::spawn(read_bytes(reader.take())))
            }
            RoomEvent::ConnectionStateChanged(ConnectionState::Reconnecting)
            | RoomEvent::Reconnected => {}
            RoomEvent::Disconnected {
                reason: DisconnectReason::RoomDeleted,
            } => break,
            event => hear_of(event),
        }
    }
}

fn hear_of(event: RoomEvent) {
    match event {
        RoomEvent::ParticipantDisconnected(who) => drop((who.identity(), who.disconnect_reason())),
        RoomEvent::ParticipantAttributesChanged {
            participant: Participant::Remote(who),
            changed_attributes,
        } => {
            let _: (String, HashMap<String, String>) = (who.name(), changed_attributes);
        }
        RoomEvent::TrackMuted {
            participant,
            publication,
        } => drop((participant.kind(), publication.is_muted())),
        RoomEvent::DataReceived {
            payload,
            topic,
            kind,
            participant,
        } => {
            let _: (usize, bool) = (payload.len(), kind == DataPacketKind::Reliable);
            let _: (Option<String>, Option<RemoteParticipant>) = (topic, participant);
        }
        RoomEvent::SipDTMFReceived {
            code,
            digit,
            participant,
        } => drop((code, digit, participant)),
        RoomEvent::TranscriptionReceived { segments, .. } => drop(segments),
        RoomEvent::TokenRefreshed { token } => drop(token),
        _ => {}
    }
}

fn subscribe(publication: &RemoteTrackPublication) {
    if publication.subscription_status() == SubscriptionStatus::Unsubscribed
        && publication.permission_status() == PermissionStatus::Allowed
    {
        publication.set_subscribed(true);
    }
    publication.set_enabled(true);
    publication.set_video_quality(VideoQuality::Low);
}

async fn listen(track: RemoteAudioTrack) {
    let options = NativeAudioStreamOptions {
        queue_size_frames: Some(50),
    };
    let mut stream = NativeAudioStream::with_options(track.rtc_track(), 24_000, 1, options);
    while let Some(frame) = stream.next().await {
        let frame: AudioFrame<'static> = frame;
        let _: (Vec<i16>, u32) = (frame.data.into_owned(), frame.samples_per_channel);
    }
    stream.close();
}

async fn read_text(reader: Option<TextStreamReader>) -> StreamResult<String> {
    let Some(reader) = reader else {
        return Ok(String::new());
    };
    let _ = reader.info().attributes();
    reader.read_all().await
}

async fn read_bytes(reader: Option<ByteStreamReader>) -> usize {
    let Some(mut reader) = reader else { return 0 };
    let mut len = 0;
    while let Some(Ok(chunk)) = reader.next().await {
        len += chunk.len();
    }
    len
}
