//! Tests of events, requests, and their recipients.

mod events;
mod requests;

use std::time::{Duration, Instant, UNIX_EPOCH};

use livekit_protocol::agent::agent_session_event::Event;
use livekit_protocol::agent::agent_session_event::tool_execution_updated::Update;
use livekit_protocol::agent::agent_session_message::Message;
use livekit_protocol::agent::chat_context::ChatItem;
use livekit_protocol::agent::chat_context::chat_item::Item;
use livekit_protocol::agent::chat_message::chat_content::Payload;
use livekit_protocol::agent::session_request::{self as ask, Request, update_io};
use livekit_protocol::agent::session_response::Response;
use livekit_protocol::agent::{
    AgentSessionEvent, AgentSessionMessage, ChatMessage, ChatRole, SessionRequest, SessionResponse,
    ToolCallStatus, UserState,
};
use parlor_core::conversation::{
    AgentError, AgentProfile, AgentState, Fact, Latency, Phase, SocketLoss, ToolDropped, Utterance,
};
use parlor_core::ids::Identity;
use parlor_core::wire::agent::SessionConfig;
use prost::Message as _;

use super::{Access, Audience, Monitor, MonitorRequest, Outgoing, Output, To};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A monitor with a test clock.
struct Desk {
    monitor: Monitor,
    now: Instant,
}

/// An output of a monitor, decoded.
#[derive(Debug, PartialEq)]
enum Got {
    Event(To, Box<AgentSessionEvent>),
    Response(To, SessionResponse),
    Stats(Identity, String),
    Input(String),
    Hear(bool),
    Caption(bool),
}

impl Desk {
    fn new() -> Self {
        Self::open_to(Access::default())
    }

    /// A call that starts 1000 s after the Unix epoch.
    fn open_to(access: Access) -> Self {
        let now = parlor_common::clock::now();
        let wall = UNIX_EPOCH + ms(1_000_000);
        let monitor = Monitor::new(access, now, wall);
        Self { monitor, now }
    }

    /// A call whose agent is in state `listening`.
    fn listening() -> Self {
        let mut desk = Self::new();
        desk.state(AgentState::Listening);
        desk
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn all(&mut self) -> Vec<Got> {
        let out = std::iter::from_fn(|| self.monitor.poll());
        out.map(got).collect()
    }

    fn state(&mut self, state: AgentState) -> Vec<Got> {
        self.monitor.state(self.now, state);
        self.all()
    }

    fn fact(&mut self, fact: Fact) -> Vec<Got> {
        self.monitor.fact(self.now, &fact);
        self.all()
    }

    /// The events caused by one fact, without their recipients.
    fn events(&mut self, fact: Fact) -> Vec<Event> {
        let received = self.fact(fact).into_iter();
        let events = received.filter_map(|it| match it {
            Got::Event(_, event) => event.event,
            _ => None,
        });
        events.collect()
    }

    fn ask(&mut self, manages: bool, request: Option<Request>) -> Vec<Got> {
        let request = SessionRequest {
            request_id: "r1".to_owned(),
            request,
        };
        let message = Some(Message::Request(request));
        let bytes = AgentSessionMessage { message }.encode_to_vec();
        self.send(manages, bytes)
    }

    fn send(&mut self, manages: bool, bytes: Vec<u8>) -> Vec<Got> {
        let request = MonitorRequest {
            from: "ada".into(),
            manages,
            bytes,
        };
        self.monitor.request(self.now, request);
        self.all()
    }

    /// The immediate response to a manager's request.
    fn answer(&mut self, request: Request) -> Result<Response, String> {
        let mut got = self.ask(true, Some(request));
        answered(got.remove(0))
    }
}

fn got(output: Output) -> Got {
    let sent = match output {
        Output::Send(Outgoing::Message(message)) => message,
        Output::Send(Outgoing::Stats { to, request }) => return Got::Stats(to, request),
        Output::Input(text) => return Got::Input(text.into_inner()),
        Output::Hear(hears) => return Got::Hear(hears),
        Output::Caption(captions) => return Got::Caption(captions),
    };
    let message = AgentSessionMessage::decode(sent.encode().as_slice()).unwrap();
    match message.message.unwrap() {
        Message::Event(event) => Got::Event(sent.to, Box::new(event)),
        Message::Response(response) => Got::Response(sent.to, response),
        _ => panic!("neither an event nor a response"),
    }
}

fn answered(got: Got) -> Result<Response, String> {
    let Got::Response(to, response) = got else {
        panic!("expected a response, got {got:?}");
    };
    assert_eq!(
        to,
        To::One("ada".into()),
        "responses are for the requester only"
    );
    assert_eq!(response.request_id, "r1");
    match response.error {
        Some(error) => Err(error),
        None => Ok(response.response.unwrap()),
    }
}

fn refused(got: Vec<Got>) -> String {
    let [got] = <[Got; 1]>::try_from(got).unwrap();
    answered(got).unwrap_err()
}

fn message(item: Option<ChatItem>) -> ChatMessage {
    match item.unwrap().item.unwrap() {
        Item::Message(message) => message,
        other => panic!("expected a message, got {other:?}"),
    }
}

fn words(message: &ChatMessage) -> &str {
    let payload = message.content[0].payload.as_ref();
    let Payload::Text(text) = payload.unwrap();
    text
}

fn caller_said(text: &str, is_final: bool) -> Fact {
    Fact::UserTranscript {
        item: None,
        text: text.to_owned().into(),
        is_final,
    }
}

fn agent_said(utterance: u32, text: &str) -> Fact {
    Fact::AgentTranscript {
        utterance: Utterance(utterance),
        text: text.to_owned().into(),
        interrupted: false,
    }
}

fn audible(utterance: u32, waited: Option<Latency>) -> Fact {
    let utterance = Utterance(utterance);
    Fact::Audible { utterance, waited }
}

fn tool_called(call: &str) -> Fact {
    Fact::ToolCalled {
        call: call.into(),
        name: "lookup".to_owned(),
        arguments: r#"{"order":7}"#.to_owned().into(),
    }
}

fn tool_answered(call: &str, is_error: bool) -> Fact {
    Fact::ToolAnswered {
        call: call.into(),
        name: "lookup".to_owned(),
        result: "tomorrow".to_owned().into(),
        is_error,
        after: ms(80),
    }
}

fn run_input(text: &str) -> Request {
    let text = text.to_owned();
    Request::RunInput(ask::RunInput { text })
}

fn milliseconds(at: Option<pbjson_types::Timestamp>) -> i64 {
    let at = at.unwrap();
    at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000
}
