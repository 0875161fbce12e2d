//! A participant that speaks and hears: the caller of `parlor demo` and of the tests.

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
use crate::config::LiveKit;
use crate::monitor;
use recorder::{Heard, Recorder, Tape};
use transcript::{Spoken, TranscriptReader};

/// The code of an app's own error.
const REFUSED: u32 = 1_500;

/// How long the room may take to pass a message on.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// A participant of kind `standard` with a microphone.
pub struct Caller {
    room: livekit::Room,
    voice: AudioOutput,
    heard: Heard,
    background: Heard,
    state: watch::Receiver<String>,
    written: watch::Receiver<Vec<String>>,
    spoken: watch::Receiver<Vec<Spoken>>,
    watched: watch::Receiver<Vec<Vec<u8>>>,
    tasks: JoinSet<()>,
}

/// A track of the agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentTrack {
    /// What it is called.
    pub name: String,
    /// What the server calls it.
    pub sid: String,
    /// Whether clients take it for the agent's voice.
    pub is_microphone: bool,
}

impl Caller {
    /// Joins the room of `livekit` that `token` is for, publishes a microphone and starts to record.
    ///
    /// # Errors
    /// [`JoinError`], as for the agent.
    pub async fn join(livekit: &LiveKit, token: &Secret) -> Result<Self, JoinError> {
        Self::join_as(livekit, token, false).await
    }

    /// The same, and announces that [`say_early`](Self::say_early) follows.
    ///
    /// # Errors
    /// [`JoinError`], as for the agent.
    pub async fn join_speaking(livekit: &LiveKit, token: &Secret) -> Result<Self, JoinError> {
        Self::join_as(livekit, token, true).await
    }

    /// Joins without a microphone: as a dashboard, or somebody who only writes.
    ///
    /// # Errors
    /// [`JoinError`], as for the agent.
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
        let (written, written_out) = watch::channel(Vec::new());
        let (spoken, spoken_out) = watch::channel(Vec::new());
        let (watched, watched_out) = watch::channel(Vec::new());
        let recorder = Recorder {
            voice: voice_tape,
            background: background_tape,
            state,
            reading: TranscriptReader::new(written, spoken, watched),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(recorder.run(events));
        Self {
            room,
            voice,
            heard,
            background,
            state: state_out,
            written: written_out,
            spoken: spoken_out,
            watched: watched_out,
            tasks,
        }
    }

    /// Says mono samples at 24 kHz, in real time; returns when the last one is on its way.
    ///
    /// # Errors
    /// Why the room took no audio.
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

    /// The recording of what else the agent lets it hear.
    pub fn background(&self) -> Heard {
        self.background.clone()
    }

    /// The agent's tracks, by their names.
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

    /// The agent's `lk.agent.state` as the room shows it; empty before there is an agent.
    pub fn agent_state(&self) -> watch::Receiver<String> {
        self.state.clone()
    }

    /// What was written to it so far, and the keys that were pressed: the first 1000 of both.
    pub fn written(&self) -> watch::Receiver<Vec<String>> {
        self.written.clone()
    }

    /// What was said so far, as the room is shown it: the first 1000 turns and replies.
    pub fn spoken(&self) -> watch::Receiver<Vec<Spoken>> {
        self.spoken.clone()
    }

    /// Messages on `lk.agent.session` so far, in the order they came: the first 1000.
    pub fn watched(&self) -> watch::Receiver<Vec<Vec<u8>>> {
        self.watched.clone()
    }

    /// Sends a message on `lk.agent.session`.
    ///
    /// # Errors
    /// Why the room did not take it.
    pub async fn ask(&self, message: &[u8]) -> Result<(), String> {
        let options = SendByteOptions::new_with_topic(monitor::TOPIC);
        let sending = self.room.local_participant();
        let sent = within(SEND_WITHIN, sending.send_bytes(message, options)).await;
        sent.map(drop).map_err(|it| it.to_string())
    }

    /// Writes a chat message.
    ///
    /// # Errors
    /// Why the room did not take it.
    pub async fn write(&self, text: &str) -> Result<(), String> {
        let options = SendTextOptions::new_with_topic(CHAT);
        let sending = self.room.local_participant();
        let sent = within(SEND_WITHIN, sending.send_text(text, options)).await;
        sent.map(drop).map_err(|it| it.to_string())
    }

    /// Sends what was said before the agent came: a file of the type `mime`, or bare samples, mono
    /// at 24 kHz.
    ///
    /// # Errors
    /// Why the room did not take it.
    pub async fn say_early(&self, mime: &str, bytes: &[u8]) -> Result<(), String> {
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

    /// Calls `method` of the agent.
    ///
    /// # Errors
    /// What the agent answered instead, or why there is no answer.
    pub async fn call_agent(&self, method: &str, payload: &str) -> Result<String, String> {
        let participants = self.room.remote_participants();
        let is_agent = |kind| kind == ParticipantKind::Agent;
        let agent = participants.values().find(|it| is_agent(it.kind()));
        let agent = agent.ok_or_else(|| "there is no agent".to_owned())?;
        let call = PerformRpcData::new(agent.identity().to_string(), method)
            .with_payload(payload.to_owned())
            .with_response_timeout(SEND_WITHIN);
        let answer = self.room.local_participant().perform_rpc(call).await;
        answer.map_err(|error| error.message)
    }

    /// Joins the room again, as after a network that was lost.
    ///
    /// # Errors
    /// Why the native core would not.
    pub async fn rejoin(&self) -> Result<(), String> {
        let rejoining = Connection::rejoin(&self.room).await;
        rejoining.map_err(|error| error.to_string())
    }

    /// Switches its microphone off or on.
    pub fn mute(&self, is_off: bool) {
        for publication in self.room.local_participant().track_publications().values() {
            match is_off {
                true => publication.mute(),
                false => publication.unmute(),
            }
        }
    }

    /// Subscribes to the agent's tracks, or to none of them any more.
    pub fn subscribe(&self, wanted: bool) {
        let participants = self.room.remote_participants().into_values();
        for agent in participants.filter(|it| it.kind() == ParticipantKind::Agent) {
            for publication in agent.track_publications().values() {
                publication.set_subscribed(wanted);
            }
        }
    }

    /// Takes its microphone away and publishes another one.
    ///
    /// # Errors
    /// Why the room would not.
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

    /// Answers calls of `method` through RPC from now on.
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
        // The stream goes before its track does.
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
