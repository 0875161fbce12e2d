//! A participant that speaks and listens: the caller of `parlor demo` and of the tests.

pub(crate) mod recorder;
pub(crate) mod transcript;

use std::fmt;
use std::time::Duration;

use livekit::participant::ParticipantKind;
use livekit::prelude::{PerformRpcData, RpcError};
use livekit::track::TrackSource;
use livekit::{SendByteOptions, SendTextOptions};
use parlor_core::audio::SAMPLE_RATE;
use parlor_core::secret::Secret;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::audio_output::AudioOutput;
use super::deadline::within;
use super::events::Receiver;
use super::join::{JoinError, close, connect, microphone, publish};
use super::media_flow::Connection;
use super::playout::Sink;
use super::{CHAT, SLICE, pre_connect_audio};
use crate::{LiveKit, monitor};
use recorder::{Heard, Recorder, Tape};
use transcript::{CaptionLine, TranscriptReader};

/// LiveKit's RPC error code for errors of the application.
const REFUSED: u32 = 1_500;

/// Timeout for sending a message.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// A participant of kind `standard` with a microphone.
pub struct Caller {
    room: livekit::Room,
    voice: AudioOutput,
    heard: Heard,
    background: Heard,
    state: watch::Receiver<String>,
    chat_messages: watch::Receiver<Vec<String>>,
    captions: watch::Receiver<Vec<CaptionLine>>,
    monitor_messages: watch::Receiver<Vec<Vec<u8>>>,
    tasks: JoinSet<()>,
}

/// A track that the agent has published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentTrack {
    /// Name of the track.
    pub name: String,
    /// ID of the track at the server (SID).
    pub sid: String,
    /// Whether its source is the microphone, so that clients treat it as the agent's voice.
    pub is_microphone: bool,
}

impl Caller {
    /// Joins the room of `livekit` that `token` grants access to, publishes a microphone and starts
    /// recording.
    ///
    /// # Errors
    /// The same [`JoinError`]s as when the agent joins.
    pub async fn join(livekit: &LiveKit, token: &Secret) -> Result<Self, JoinError> {
        Self::join_as(livekit, token, false).await
    }

    /// Like [`join`](Self::join), and announces pre-connect audio, which
    /// [`send_pre_connect_audio`](Self::send_pre_connect_audio) sends.
    ///
    /// # Errors
    /// The same [`JoinError`]s as when the agent joins.
    pub async fn join_with_pre_connect_audio(
        livekit: &LiveKit,
        token: &Secret,
    ) -> Result<Self, JoinError> {
        Self::join_as(livekit, token, true).await
    }

    /// Joins without a microphone, like a dashboard or a participant who only writes.
    ///
    /// # Errors
    /// The same [`JoinError`]s as when the agent joins.
    pub async fn join_silent(livekit: &LiveKit, token: &Secret) -> Result<Self, JoinError> {
        let (room, events) = connect(livekit, token, true).await?;
        Ok(Self::record(room, events, AudioOutput::new()))
    }

    async fn join_as(livekit: &LiveKit, token: &Secret, speaks: bool) -> Result<Self, JoinError> {
        let (room, events) = connect(livekit, token, true).await?;
        let voice = AudioOutput::new();
        if let Err(error) = publish(&room, "microphone", voice.source(), microphone(speaks)).await {
            close(&room).await;
            return Err(error);
        }
        Ok(Self::record(room, events, voice))
    }

    fn record(room: livekit::Room, events: Receiver, voice: AudioOutput) -> Self {
        let (voice_tape, heard) = Tape::new();
        let (background_tape, background) = Tape::new();
        let (state, state_out) = watch::channel(String::new());
        let (chat_messages, chat_messages_out) = watch::channel(Vec::new());
        let (captions, captions_out) = watch::channel(Vec::new());
        let (monitor_messages, monitor_messages_out) = watch::channel(Vec::new());
        let recorder = Recorder {
            voice: voice_tape,
            background: background_tape,
            state,
            reading: TranscriptReader::new(chat_messages, captions, monitor_messages),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(recorder.run(events));
        Self {
            room,
            voice,
            heard,
            background,
            state: state_out,
            chat_messages: chat_messages_out,
            captions: captions_out,
            monitor_messages: monitor_messages_out,
            tasks,
        }
    }

    /// Speaks mono samples at 24 kHz in real time; returns once the last one is queued.
    ///
    /// # Errors
    /// The audio source rejected the samples.
    pub async fn say(&mut self, samples: &[i16]) -> Result<(), String> {
        for slice in samples.chunks(SLICE) {
            self.voice.capture(slice).await?;
        }
        Ok(())
    }

    /// The recording of the agent's voice.
    pub fn heard(&self) -> Heard {
        self.heard.clone()
    }

    /// The recording of the agent's background track.
    pub fn background(&self) -> Heard {
        self.background.clone()
    }

    /// The agent's tracks, sorted by name.
    pub fn agent_tracks(&self) -> Vec<AgentTrack> {
        let participants = self.room.remote_participants().into_values();
        let agents = participants.filter(|it| it.kind() == ParticipantKind::Agent);
        let published = agents.flat_map(|agent| agent.track_publications().into_values());
        let mut tracks: Vec<_> = published
            .map(|track| AgentTrack {
                name: track.name(),
                sid: track.sid().to_string(),
                is_microphone: track.source() == TrackSource::Microphone,
            })
            .collect();
        tracks.sort();
        tracks
    }

    /// The agent's attribute `lk.agent.state`; empty until an agent has joined.
    pub fn agent_state(&self) -> watch::Receiver<String> {
        self.state.clone()
    }

    /// Chat messages and DTMF digits received so far: the first 1000 of both together.
    pub fn chat_messages(&self) -> watch::Receiver<Vec<String>> {
        self.chat_messages.clone()
    }

    /// Captions received so far: the first 1000 turns and replies.
    pub fn captions(&self) -> watch::Receiver<Vec<CaptionLine>> {
        self.captions.clone()
    }

    /// Messages received on `lk.agent.session` so far, in order of arrival: the first 1000.
    pub fn monitor_messages(&self) -> watch::Receiver<Vec<Vec<u8>>> {
        self.monitor_messages.clone()
    }

    /// Sends a message on `lk.agent.session`.
    ///
    /// # Errors
    /// The message could not be sent.
    pub async fn ask(&self, message: &[u8]) -> Result<(), String> {
        let options = SendByteOptions::new_with_topic(monitor::TOPIC);
        let sending = self.room.local_participant();
        let sent = within(SEND_WITHIN, sending.send_bytes(message, options)).await;
        sent.map(drop).map_err(|it| it.to_string())
    }

    /// Writes a chat message.
    ///
    /// # Errors
    /// The message could not be sent.
    pub async fn write(&self, text: &str) -> Result<(), String> {
        let options = SendTextOptions::new_with_topic(CHAT);
        let sending = self.room.local_participant();
        let sent = within(SEND_WITHIN, sending.send_text(text, options)).await;
        sent.map(drop).map_err(|it| it.to_string())
    }

    /// Sends pre-connect audio: a file of the type `mime`, or raw 16-bit samples, mono at 24 kHz.
    ///
    /// # Errors
    /// The message could not be sent.
    pub async fn send_pre_connect_audio(&self, mime: &str, bytes: &[u8]) -> Result<(), String> {
        let sending = self.room.local_participant();
        let track = sending.track_publications().into_keys().next();
        let mut options = SendByteOptions::new_with_topic(pre_connect_audio::TOPIC);
        options.mime_type = Some(mime.to_owned());
        options.attributes = [
            (
                "trackId",
                track.map(|it| it.to_string()).unwrap_or_default(),
            ),
            ("sampleRate", SAMPLE_RATE.to_string()),
            ("channels", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let sent = within(SEND_WITHIN, sending.send_bytes(bytes, options)).await;
        sent.map(drop).map_err(|it| it.to_string())
    }

    /// Calls the RPC method `method` of the agent.
    ///
    /// # Errors
    /// The error that the agent returned, or why there is no answer.
    pub async fn call_agent(&self, method: &str, payload: &str) -> Result<String, String> {
        let participants = self.room.remote_participants();
        let is_agent = |kind| kind == ParticipantKind::Agent;
        let agent = participants.values().find(|it| is_agent(it.kind()));
        let agent = agent.ok_or_else(|| "there is no agent in the room".to_owned())?;
        let call = PerformRpcData::new(agent.identity().to_string(), method)
            .with_payload(payload.to_owned())
            .with_response_timeout(SEND_WITHIN);
        let answer = self.room.local_participant().perform_rpc(call).await;
        answer.map_err(|error| error.message)
    }

    /// Rejoins the room, as after a network failure.
    ///
    /// # Errors
    /// The native core refused to rejoin or did not answer in time.
    pub async fn rejoin(&self) -> Result<(), String> {
        let rejoining = Connection::rejoin(&self.room).await;
        rejoining.map_err(|error| error.to_string())
    }

    /// Mutes or unmutes its microphone.
    pub fn mute(&self, is_off: bool) {
        for publication in self.room.local_participant().track_publications().values() {
            match is_off {
                true => publication.mute(),
                false => publication.unmute(),
            }
        }
    }

    /// Subscribes to the agent's tracks, or unsubscribes from them.
    pub fn subscribe(&self, wanted: bool) {
        let participants = self.room.remote_participants().into_values();
        for agent in participants.filter(|it| it.kind() == ParticipantKind::Agent) {
            for publication in agent.track_publications().values() {
                publication.set_subscribed(wanted);
            }
        }
    }

    /// Unpublishes its microphone and publishes another one.
    ///
    /// # Errors
    /// The track could not be unpublished or published.
    pub async fn change_microphone(&mut self) -> Result<(), String> {
        let participant = self.room.local_participant();
        for sid in participant.track_publications().keys() {
            let removed = participant.unpublish_track(sid).await;
            removed.map_err(|error| error.to_string())?;
        }
        self.voice = AudioOutput::new();
        let voice = self.voice.source();
        let published = publish(&self.room, "microphone", voice, microphone(false)).await;
        published.map_err(|error| error.to_string())
    }

    /// Registers the RPC method `method`; `answer` handles its calls.
    pub fn answer(
        &self,
        method: &str,
        answer: impl Fn(String) -> Result<String, String> + Send + Sync + 'static,
    ) {
        let participant = self.room.local_participant();
        participant.register_rpc_method(method.to_owned(), move |call| {
            let answer = answer(call.payload);
            let refused = |why| RpcError::new(REFUSED, why, None);
            Box::pin(async move { answer.map_err(refused) })
        });
    }

    /// Leaves the room.
    pub async fn leave(mut self) {
        // The audio stream must be dropped before its track.
        self.tasks.shutdown().await;
        close(&self.room).await;
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("heard", &self.heard.len())
            .finish_non_exhaustive()
    }
}
