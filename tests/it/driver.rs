//! The driver's loop with scripted edges, on a paused clock.

use std::time::Duration;

use parlor::session::{Edges, Inputs, run};
use parlor_core::audio::Frame;
use parlor_core::conversation::{
    Action, AgentEvent, Event, Outcome, ParticipantKind, PlayoutEvent, RoomEnd, RoomEvent, Settings,
};
use parlor_livekit::room::Microphone;
use parlor_voice_agent::Inbox;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Records all actions, and answers a connection with `answers`.
#[derive(Default)]
struct Recorder {
    actions: Vec<Action>,
    answers: Vec<Event>,
    agent: Option<mpsc::Sender<Event>>,
    trouble: Option<Event>,
}

impl Edges for Recorder {
    fn perform(&mut self, action: Action) {
        if let (Action::ConnectAgent, Some(agent)) = (&action, &self.agent) {
            for answer in self.answers.drain(..) {
                agent.try_send(answer).unwrap();
            }
        }
        self.actions.push(action);
    }

    fn take_pending_event(&mut self) -> Option<Event> {
        self.trouble.take()
    }

    async fn next(&mut self) -> Event {
        std::future::pending().await
    }
}

impl Recorder {
    fn did(&self, name: &str) -> bool {
        self.actions.iter().any(|action| action.name() == name)
    }
}

/// A microphone that always has a frame if it is open, and never otherwise.
struct Mic {
    open: bool,
}

impl Microphone for Mic {
    async fn next(&mut self) -> Event {
        if !self.open {
            std::future::pending::<()>().await;
        }
        Event::Mic(Frame::new(vec![0; 240]))
    }
}

/// The test's ends of the input channels.
struct Ends {
    control: mpsc::Sender<Event>,
    agent: mpsc::Sender<Event>,
    room: mpsc::Sender<Event>,
    _playout: mpsc::Sender<Event>,
}

fn inputs(mic: Mic) -> (Ends, Inputs<Mic>) {
    let (control, control_out) = mpsc::channel(64);
    let (connections, agent_out) = Inbox::new();
    let agent = connections.open();
    let (room, room_out) = mpsc::channel(64);
    let (playout, playout_out) = mpsc::channel(64);
    let ends = Ends {
        control,
        agent,
        room,
        _playout: playout,
    };
    let inputs = Inputs {
        control: control_out,
        agent: agent_out,
        room: room_out,
        playout: playout_out,
        mic,
    };
    (ends, inputs)
}

fn joined() -> Event {
    Event::Room(RoomEvent::Joined {
        identity: "ada".into(),
        info: ParticipantKind::Standard.into(),
    })
}

fn ready() -> Event {
    Event::Agent(AgentEvent::SessionReady {
        session: None,
        resume_token: None,
        expires_at: None,
        server_tools: Vec::new(),
    })
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_never_ready_ends_the_call_in_time() {
    let (ends, inputs) = inputs(Mic { open: false });
    ends.room.send(joined()).await.unwrap();
    ends.room
        .send(Event::Room(RoomEvent::Subscribed))
        .await
        .unwrap();
    let mut edges = Recorder {
        answers: vec![Event::AgentOpened],
        agent: Some(ends.agent.clone()),
        ..Recorder::default()
    };
    let began = Instant::now();
    let outcome = run(Settings::default(), &mut edges, inputs).await;
    assert!(matches!(outcome, Outcome::AgentLost(_)), "{outcome:?}");
    // First a session that never becomes ready, then sockets that never open.
    assert!(
        began.elapsed() <= Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
    assert!(edges.did("close_agent"));
}

#[tokio::test(start_paused = true)]
async fn a_flood_from_the_microphone_does_not_delay_a_shutdown() {
    let (ends, inputs) = inputs(Mic { open: true });
    ends.control.send(Event::Shutdown).await.unwrap();
    let mut edges = Recorder::default();
    let outcome = run(Settings::default(), &mut edges, inputs).await;
    assert_eq!(outcome, Outcome::Shutdown);
    assert!(!edges.did("send_audio"));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_control_channel_is_a_shutdown() {
    let (ends, inputs) = inputs(Mic { open: false });
    drop(ends.control);
    let mut edges = Recorder::default();
    let outcome = run(Settings::default(), &mut edges, inputs).await;
    assert_eq!(outcome, Outcome::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_room_channel_is_a_lost_room() {
    let (ends, inputs) = inputs(Mic { open: false });
    drop(ends.room);
    let mut edges = Recorder::default();
    let outcome = run(Settings::default(), &mut edges, inputs).await;
    assert_eq!(outcome, Outcome::Room(RoomEnd::ConnectionLost));
}

#[tokio::test(start_paused = true)]
async fn a_flood_from_the_agent_does_not_delay_a_deadline() {
    let (ends, inputs) = inputs(Mic { open: false });
    ends.room.send(joined()).await.unwrap();
    let agent = ends.agent.clone();
    let flood = tokio::spawn(async move {
        while agent
            .send(Event::Agent(AgentEvent::SpeechStarted))
            .await
            .is_ok()
        {
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
    });
    let (mut edges, began) = (Recorder::default(), Instant::now());
    let outcome = run(Settings::default(), &mut edges, inputs).await;
    assert!(!outcome.is_success(), "{outcome:?}");
    assert!(
        began.elapsed() <= Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn trouble_at_an_edge_ends_the_call() {
    let (ends, inputs) = inputs(Mic { open: true });
    for event in [joined(), Event::Room(RoomEvent::Subscribed)] {
        ends.room.send(event).await.unwrap();
    }
    let mut edges = Recorder {
        answers: vec![Event::AgentOpened, ready()],
        agent: Some(ends.agent.clone()),
        trouble: Some(Event::Playout(PlayoutEvent::Overflowed)),
        ..Recorder::default()
    };
    let outcome = run(Settings::default(), &mut edges, inputs).await;
    assert_eq!(outcome, Outcome::PlayoutOverflow);
}
