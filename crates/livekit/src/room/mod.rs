//! The LiveKit room. No other module imports `livekit`, whichever engine provides it.

mod active_speaker;
mod audio_output;
mod background;
mod caller;
mod captions;
mod connection_stats;
mod control;
mod deadline;
mod events;
mod hand_over;
mod join;
mod media_flow;
mod microphone;
mod mixer;
mod monitor_sender;
mod native_core;
mod participant_info;
mod permissions;
mod playout;
mod playout_queue;
mod pre_connect_audio;
mod presence;
mod publication;
mod silence_insertion;
mod streams;
mod subscriptions;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parlor_core::conversation::{
    AgentState, Background, Caption, Event, HandOverRefusal, RoomEvent,
};
use parlor_core::ids::Identity;
use parlor_core::secret::Secret;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::Instrument;

pub use caller::recorder::Heard;
pub use caller::transcript::CaptionLine;
pub use caller::{AgentTrack, Caller};
pub use control::metadata;
pub use control::{RoomControl, RoomControlError};
pub use join::JoinError;
pub use microphone::{Mic, Microphone};
pub use native_core::native_core;
pub use playout::{Playout, Sink};
pub use playout_queue::{Full, Queue, SLICE, Step};

use crate::LiveKit;
use crate::monitor::{MonitorRequest, Outgoing};
use crate::soundtrack::Soundtrack;

use audio_output::AudioOutput;
use captions::Captions;
use deadline::{SendError, within};
use events::{Watcher, WatcherInputs, WatcherOutputs};
use hand_over::Answers;
use join::{close, connect, microphone};
use monitor_sender::MonitorSender;
use permissions::Permissions;
use publication::Publication;
use subscriptions::{Request, Subscriptions};

/// Capacity of the queue of room events; a full queue blocks only the room's task.
const INBOX: usize = 64;

/// Capacity of the queue of playout events.
const REPORTS: usize = 64;

/// Capacity of the queue of subscription requests.
const REQUESTS: usize = 16;

/// Topic of chat messages.
const CHAT: &str = "lk.chat";

/// Capacity of the queue of monitoring requests; a full queue delays further requests.
const MONITOR_REQUESTS: usize = 16;

/// Timeout for the last captions and messages when the room is left.
const SHOW_WITHIN: Duration = Duration::from_secs(2);

/// How long an attribute update waits for the response to the previous one, so that updates stay in
/// order. The native core misses a response that arrives before it starts to wait.
const UPDATE_WITHIN: Duration = Duration::from_millis(300);

/// A joined room with the agent's track published in it.
#[derive(Debug)]
pub struct Room {
    room: Arc<livekit::Room>,
    requests: mpsc::Sender<Request>,
    answers: Answers,
    captions: mpsc::Sender<Caption>,
    monitor_messages: mpsc::Sender<Outgoing>,
    state: watch::Sender<AgentState>,
    allowed: watch::Sender<Permissions>,
    background: watch::Sender<Background>,
    playout: Playout,
    tasks: JoinSet<()>,
    /// Task that publishes captions and monitoring messages; ends when both queues are closed.
    showing: JoinHandle<()>,
}

/// Events and audio of a joined room, for the conversation.
#[derive(Debug)]
pub struct Inbox {
    /// Participants, chat messages, pre-connect audio, and the end of the room.
    pub events: mpsc::Receiver<Event>,
    /// Playout events: which part of the agent's audio was played.
    pub playout: mpsc::Receiver<Event>,
    /// Audio of the callers: mono at 24 kHz, in frames of 10 ms.
    pub mic: Mic,
    /// Monitoring requests of participants.
    pub monitor_requests: mpsc::Receiver<MonitorRequest>,
    /// Access token of the room; the server renews it every few minutes.
    pub token: watch::Receiver<Secret>,
}

impl Room {
    /// Joins the room of `livekit` that `token` grants access to and publishes the agent's track,
    /// mono at 24 kHz.
    ///
    /// # Errors
    /// [`JoinError`]: the native core is missing, the server is unreachable or rejects the token,
    /// the track cannot be published, or the server does not answer within 20 s.
    pub async fn join(livekit: &LiveKit, token: &Secret) -> Result<(Self, Inbox), JoinError> {
        let (room, room_events) = connect(livekit, token, false).await?;
        let (room, sink) = (Arc::new(room), AudioOutput::new());
        let voice = publish_voice(&room, &sink).await?;
        let (requests, requests_out) = mpsc::channel(REQUESTS);
        let (events, events_out) = mpsc::channel(INBOX);
        let (captions, captions_out) = mpsc::channel(captions::WAITING);
        let (monitor_messages, monitor_messages_out) = mpsc::channel(monitor_sender::WAITING);
        let (monitor_requests, monitor_requests_out) = mpsc::channel(MONITOR_REQUESTS);
        let (reports, reports_out) = mpsc::channel(REPORTS);
        let (subscriptions, ears_out) = watch::channel(Subscriptions::default());
        let (state, state_out) = watch::channel(AgentState::Initializing);
        let (renewed, renewed_out) = watch::channel(token.clone());
        let (allowed, allowed_out) = watch::channel(Permissions::default());
        let (back, back_out) = watch::channel(0);
        let (playout, answers) = (Playout::default(), Answers::default());

        let mut tasks = JoinSet::new();
        keep_voice(&mut tasks, voice, allowed_out.clone(), events.clone());
        let outputs = WatcherOutputs {
            events,
            monitor_requests,
            state: state.clone(),
            allowed: allowed.clone(),
            token: renewed,
            back,
        };
        let watcher = Watcher::new(room.clone(), subscriptions, outputs);
        let inputs = WatcherInputs {
            requests: requests_out,
            hand_overs: hand_over::offer(&room),
            answers: answers.clone(),
        };
        tasks.spawn(watcher.run(room_events, inputs).in_current_span());
        tasks.spawn(media_flow::keep(room.clone(), back_out).in_current_span());
        tasks.spawn(playout.clone().run(sink, reports).in_current_span());
        let shown = Captions::new(room.clone(), allowed_out.clone()).run(captions_out);
        let showing = show(&room, shown, monitor_messages_out);
        tasks.spawn(show_state(room.clone(), state_out, allowed_out).in_current_span());

        let joined = Self {
            room,
            requests,
            answers,
            captions,
            monitor_messages,
            state,
            allowed,
            background: watch::Sender::default(),
            playout,
            tasks,
            showing,
        };
        let inbox = Inbox {
            events: events_out,
            playout: reports_out,
            mic: Mic::new(ears_out),
            monitor_requests: monitor_requests_out,
            token: renewed_out,
        };
        Ok((joined, inbox))
    }

    /// Name of the room.
    pub fn name(&self) -> String {
        self.room.name()
    }

    /// Handle for RPC, DTMF and chat in the room.
    pub fn control(&self) -> RoomControl {
        RoomControl(self.room.clone())
    }

    /// Queue of the agent's audio.
    pub fn playout(&self) -> &Playout {
        &self.playout
    }

    /// Publishes the state of the agent as its attribute; only the latest state counts.
    pub fn set_state(&self, state: AgentState) {
        self.state.send_replace(state);
    }

    /// Publishes a second track for background sounds, unless `soundtrack` has none.
    pub fn publish_background(&mut self, soundtrack: Soundtrack) {
        if !soundtrack.is_on() {
            return;
        }
        let (wanted, allowed) = (self.background.subscribe(), self.allowed.subscribe());
        let playing = background::run(self.room.clone(), soundtrack, wanted, allowed);
        self.tasks.spawn(playing.in_current_span());
    }

    /// Selects the background sounds to play, if there are any.
    pub fn set_background(&self, background: Background) {
        self.background.send_replace(background);
    }

    /// Queues a caption. Returns false if the queue is full and the caption is dropped.
    #[must_use]
    pub fn caption(&self, caption: Caption) -> bool {
        self.captions.try_send(caption).is_ok()
    }

    /// Queues a message to the participants that monitor the call. Returns false if the queue is
    /// full and the message is dropped.
    #[must_use]
    pub fn send_to_monitors(&self, message: Outgoing) -> bool {
        self.monitor_messages.try_send(message).is_ok()
    }

    /// Sets the linked caller and subscribes to their microphone.
    pub fn set_linked_caller(&self, identity: Option<Identity>) {
        self.request(Request::Linked(identity));
    }

    /// Subscribes to the microphones of these callers besides the linked one, and of no others.
    pub fn set_other_callers(&self, others: Vec<Identity>) {
        self.request(Request::Others(others));
    }

    /// Answers the oldest hand-over request.
    pub fn answer_hand_over(&self, answer: Result<(), HandOverRefusal>) {
        self.answers.give(answer);
    }

    fn request(&self, request: Request) {
        if self.requests.try_send(request).is_err() {
            tracing::error!("the room's task is stuck; a subscription request was dropped");
        }
    }

    /// Publishes the remaining captions and messages, stops the room's tasks and leaves the room,
    /// within 4 s.
    pub async fn leave(mut self) {
        drop((self.captions, self.monitor_messages));
        if timeout(SHOW_WITHIN, &mut self.showing).await.is_err() {
            tracing::warn!("the last captions or messages were not sent in time");
            self.showing.abort();
        }
        self.tasks.shutdown().await;
        close(&self.room).await;
    }
}

/// Publishes the agent's track; leaves the room if that fails.
async fn publish_voice(
    room: &Arc<livekit::Room>,
    sink: &AudioOutput,
) -> Result<Publication, JoinError> {
    let voice = Publication {
        room: room.clone(),
        name: "agent",
        source: sink.source(),
        options: microphone(false),
        permission: |allowed| allowed.voice,
    };
    match voice.publish().await {
        Ok(()) => Ok(voice),
        Err(error) => {
            close(room).await;
            Err(error)
        }
    }
}

/// Keeps the agent's track published, and reports whether it can be heard.
fn keep_voice(
    tasks: &mut JoinSet<()>,
    voice: Publication,
    allowed: watch::Receiver<Permissions>,
    events: mpsc::Sender<Event>,
) {
    let notify = async move |unheard| {
        let voice = Event::Room(RoomEvent::Audibility(unheard));
        // The receiver is gone once the call is over.
        events.send(voice).await.ok();
    };
    tasks.spawn(voice.keep(allowed, notify).in_current_span());
}

/// Publishes captions and monitoring messages until both queues are closed.
fn show(
    room: &Arc<livekit::Room>,
    shown: impl Future<Output = ()> + Send + 'static,
    monitor_messages: mpsc::Receiver<Outgoing>,
) -> JoinHandle<()> {
    let posted = MonitorSender::new(room.clone()).run(monitor_messages);
    let all = async {
        tokio::join!(shown, posted);
    };
    tokio::spawn(all.in_current_span())
}

/// Publishes the latest state while the agent may. Warns once if the server refuses.
async fn show_state(
    room: Arc<livekit::Room>,
    mut state: watch::Receiver<AgentState>,
    mut allowed: watch::Receiver<Permissions>,
) {
    let (mut may_show, mut is_refused) = (true, false);
    loop {
        tokio::select! {
            changed = state.changed() => if changed.is_err() {
                return;
            },
            Ok(()) = allowed.changed() => {
                let might_show = std::mem::replace(&mut may_show, allowed.borrow_and_update().update_attributes);
                if might_show || !may_show {
                    continue;
                }
            }
        }
        if !may_show {
            continue;
        }
        let value = state.borrow_and_update().as_str().to_owned();
        let attributes = HashMap::from([(AgentState::ATTRIBUTE.to_owned(), value)]);
        let participant = room.local_participant();
        match within(UPDATE_WITHIN, participant.set_attributes(attributes)).await {
            Ok(()) => is_refused = false,
            Err(SendError::Room(error)) if is_refused => {
                tracing::debug!(%error, "could not publish the agent's state");
            }
            Err(SendError::Room(error)) => {
                is_refused = true;
                tracing::warn!(%error, "could not publish the agent's state");
            }
            Err(SendError::Timeout) => tracing::debug!("no response yet to the agent's new state"),
        }
    }
}
