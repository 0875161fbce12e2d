//! One call, with every peer controlled by the test.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use parlor::session::{Edges, Inputs, run};
use parlor_core::audio::Frame;
use parlor_core::conversation::{
    Action, AgentState, BargeIn, Event, LeaveReason, Outcome, ParticipantKind, RoomEvent, Settings,
    SocketLoss,
};
use parlor_livekit::room::{Microphone, Playout};
use parlor_voice_agent::{Connections, Inbox, Link, drive};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::speaker::Room;

/// Samples in 10 ms.
const FRAME: usize = 240;

/// Capacity for messages that the API has received and the test has not read: minutes of audio.
const RECEIVED: usize = 4_096;

/// What the edges did, for the test to inspect.
#[derive(Default)]
struct Seen {
    state: Option<AgentState>,
    listens_to: Option<String>,
}

/// The edges of a call, in memory.
struct Memory {
    socket: Option<WebSocketStream<DuplexStream>>,
    link: Option<Link>,
    connections: Connections,
    playout: Playout,
    seen: Arc<Mutex<Seen>>,
}

impl Edges for Memory {
    fn perform(&mut self, action: Action) {
        match action {
            Action::ConnectAgent => {
                let (link, outbox) = Link::pair();
                self.link = Some(link);
                let socket = self.socket.take();
                let events = self.connections.open();
                tokio::spawn(async move {
                    // The API accepts one connection.
                    let Some(socket) = socket else {
                        let gone = SocketLoss::Unreachable("gone".to_owned());
                        return drop(events.send(Event::AgentLost(gone)).await);
                    };
                    events.send(Event::AgentOpened).await.unwrap();
                    let loss = drive(socket, outbox, &events).await;
                    // The receiver is gone after the end of the call.
                    events.send(Event::AgentLost(loss)).await.ok();
                });
            }
            Action::SendAgent(command) => self.link.as_ref().unwrap().send(command).unwrap(),
            Action::SendAudio(chunk) => self.link.as_mut().unwrap().send_audio(chunk).unwrap(),
            Action::CloseAgent => self.link = None,
            Action::Listen(identity) => {
                self.seen.lock().listens_to = identity.map(|it| it.as_str().to_owned());
            }
            Action::Play { utterance, frame } => self.playout.push(utterance, frame).unwrap(),
            Action::PausePlayout => self.playout.pause(true),
            Action::ResumePlayout => self.playout.pause(false),
            Action::FlushPlayout => self.playout.flush(),
            Action::SetAgentState(state) => self.seen.lock().state = Some(state),
            Action::ResumeAgent(_) => panic!("unexpected second connection"),
            Action::RunTool { .. }
            | Action::CancelTool(_)
            | Action::Dismiss(_)
            | Action::DeleteRoom
            | Action::ListenAlso(_)
            | Action::AnswerHandOver(_) => {
                panic!("unexpected action")
            }
            Action::Background(_) => panic!("unexpected background sounds"),
            Action::Write(_) => panic!("unexpected text"),
            Action::Caption(_) | Action::Observe(_) | Action::Checkpoint(_) | Action::Finish(_) => {
            }
        }
    }

    fn take_pending_event(&mut self) -> Option<Event> {
        None
    }

    async fn next(&mut self) -> Event {
        std::future::pending().await
    }
}

/// A microphone that delivers the frames from the test.
struct Mic(mpsc::Receiver<Frame>);

impl Microphone for Mic {
    async fn next(&mut self) -> Event {
        match self.0.recv().await {
            Some(frame) => Event::Mic(frame),
            None => std::future::pending().await,
        }
    }
}

pub(super) struct Bench {
    /// The Voice Agent API's end of the socket. The other half is read continuously, so that pings
    /// are answered.
    server: SplitSink<WebSocketStream<DuplexStream>, Message>,
    received: mpsc::Receiver<Value>,
    reader: JoinHandle<()>,
    pub(super) room: mpsc::Sender<Event>,
    pub(super) call: JoinHandle<Outcome>,
    mic: mpsc::Sender<Frame>,
    speaker: Room,
    seen: Arc<Mutex<Seen>>,
    _control: mpsc::Sender<Event>,
}

impl Bench {
    /// A call whose session is configured but not ready yet.
    pub(super) async fn connected(barge_in: BargeIn) -> Self {
        let (near, far) = tokio::io::duplex(64 << 10);
        let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let far = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
        let (control, control_out) = mpsc::channel(1);
        let (connections, agent_out) = Inbox::new();
        let (room, room_out) = mpsc::channel(8);
        let (reports, playout_out) = mpsc::channel(64);
        let (mic, mic_out) = mpsc::channel(1);
        let (playout, speaker) = (Playout::default(), Room::default());
        tokio::spawn(playout.clone().run(speaker.clone(), reports));
        let seen = Arc::default();
        let mut edges = Memory {
            socket: Some(near),
            link: None,
            connections,
            playout,
            seen: Arc::clone(&seen),
        };
        let inputs = Inputs {
            control: control_out,
            agent: agent_out,
            room: room_out,
            playout: playout_out,
            mic: Mic(mic_out),
        };
        let settings = Settings {
            barge_in,
            ..Settings::default()
        };
        let call = tokio::spawn(async move { run(settings, &mut edges, inputs).await });
        let (server, stream) = far.split();
        let (receive, received) = mpsc::channel(RECEIVED);
        let mut bench = Self {
            server,
            received,
            reader: tokio::spawn(read(stream, receive)),
            room,
            call,
            mic,
            speaker,
            seen,
            _control: control,
        };
        bench.joins("ada").await;
        let subscribed = Event::Room(RoomEvent::Subscribed);
        bench.room.send(subscribed).await.unwrap();
        assert_eq!(bench.receives().await["type"], "session.update");
        bench
    }

    /// A call whose session is ready.
    pub(super) async fn ready(barge_in: BargeIn) -> Self {
        let mut bench = Self::connected(barge_in).await;
        let ready = json!({"type": "session.ready", "session_id": "sess_1"});
        bench.send(&ready).await;
        sleep(Duration::from_millis(1)).await;
        bench
    }

    pub(super) async fn joins(&self, identity: &str) {
        let joined = RoomEvent::Joined {
            identity: identity.into(),
            info: ParticipantKind::Standard.into(),
        };
        self.room.send(Event::Room(joined)).await.unwrap();
    }

    pub(super) async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(super) async fn send_text(&mut self, text: &str) {
        self.server.send(Message::text(text)).await.unwrap();
    }

    pub(super) async fn start_reply(&mut self, id: &str) {
        let started = json!({"type": "reply.started", "reply_id": id});
        self.send(&started).await;
    }

    /// Sends reply audio in real time, 10 ms of it every 10 ms.
    pub(super) async fn speak(&mut self, id: &str, samples: &[i16]) {
        for chunk in samples.chunks(FRAME) {
            self.send(&audio(id, chunk)).await;
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends reply audio all at once.
    pub(super) async fn burst(&mut self, id: &str, samples: &[i16]) {
        for chunk in samples.chunks(FRAME * 100) {
            self.send(&audio(id, chunk)).await;
        }
    }

    pub(super) async fn finish_reply(&mut self, id: &str, text: &str) {
        let said =
            json!({"type": "transcript.agent", "reply_id": id, "text": text, "interrupted": false});
        self.send(&said).await;
        let done = json!({"type": "reply.done", "reply_id": id, "status": "completed"});
        self.send(&done).await;
    }

    /// Sends `samples` as the caller's audio, in real time and in the background.
    pub(super) async fn say(&self, samples: &[i16]) {
        let mic = self.mic.clone();
        let frames: Vec<_> = samples
            .chunks(FRAME)
            .map(|it| Frame::new(it.to_vec()))
            .collect();
        tokio::spawn(async move {
            for frame in frames {
                mic.send(frame).await.unwrap();
                sleep(Duration::from_millis(10)).await;
            }
        });
    }

    /// Returns the next `samples` samples that the API receives.
    pub(super) async fn hears(&mut self, samples: usize) -> Vec<i16> {
        let mut heard = Vec::new();
        while heard.len() < samples {
            let message = self.receives().await;
            assert_eq!(message["type"], "input.audio");
            let bytes = STANDARD.decode(message["audio"].as_str().unwrap()).unwrap();
            let pairs = bytes.chunks_exact(2);
            heard.extend(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
        }
        heard
    }

    /// The agent's audio that the room has received.
    pub(super) fn captured(&self) -> Vec<i16> {
        self.speaker.0.lock().captured.clone()
    }

    pub(super) fn state(&self) -> AgentState {
        self.seen.lock().state.unwrap()
    }

    pub(super) fn listens_to(&self) -> Option<String> {
        self.seen.lock().listens_to.clone()
    }

    /// Waits until the call ends the voice session.
    pub(super) async fn ends(&mut self) {
        while self.receives().await["type"] != "session.end" {}
    }

    /// Answers the end of the session as the API does; returns the outcome of the call.
    pub(super) async fn outcome(mut self) -> Outcome {
        self.ends().await;
        self.send(&json!({"type": "session.ended"})).await;
        self.call.await.unwrap()
    }

    /// Lets the caller leave; returns the outcome of the call.
    pub(super) async fn end(self) -> Outcome {
        self.room.send(left("ada")).await.unwrap();
        self.outcome().await
    }

    /// Drops the connection without a close; returns the outcome of the call.
    pub(super) async fn hung_up(self) -> Outcome {
        self.reader.abort();
        drop(self.server);
        self.call.await.unwrap()
    }

    async fn receives(&mut self) -> Value {
        self.received.recv().await.unwrap()
    }
}

async fn read(
    mut stream: SplitStream<WebSocketStream<DuplexStream>>,
    receive: mpsc::Sender<Value>,
) {
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            let message = serde_json::from_str(&text).unwrap();
            receive.try_send(message).unwrap();
        }
    }
}

pub(super) fn left(identity: &str) -> Event {
    let identity = identity.into();
    Event::Room(RoomEvent::Left {
        identity,
        how: LeaveReason::Left,
    })
}

/// Samples that differ from their neighbours and are loud enough to count as speech.
pub(super) fn ramp(samples: usize, seed: usize) -> Vec<i16> {
    let sample = |at: usize| 2_000 + ((at * 7 + seed * 1_001) % 20_011) as i16;
    (0..samples).map(sample).collect()
}

fn audio(id: &str, samples: &[i16]) -> Value {
    let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
    json!({"type": "reply.audio", "reply_id": id, "data": STANDARD.encode(bytes)})
}
