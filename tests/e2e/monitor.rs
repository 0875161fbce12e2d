//! Monitoring of a call by apps in the room (`lk.agent.session`): events and requests.

use std::path::Path;

use livekit_api::services::room::{RoomClient, UpdateParticipantOptions};
use livekit_protocol::ParticipantPermission;
use livekit_protocol::agent::agent_session_event::Event;
use livekit_protocol::agent::agent_session_message::Message;
use livekit_protocol::agent::chat_context::chat_item::Item;
use livekit_protocol::agent::session_request::{self as ask, Request};
use livekit_protocol::agent::session_response::Response;
use livekit_protocol::agent::{
    AgentSessionEvent, AgentSessionMessage, AgentState, ChatMessage, ChatRole, SessionRequest,
    SessionResponse,
};
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use prost::Message as _;
use tokio::sync::watch;
use tokio::time::timeout;

use super::bench::{Bench, ROOM, SOON, agent_speaks, say};

/// Sends a request and waits for the response.
async fn answer(caller: &Caller, id: &str, request: Option<Request>) -> SessionResponse {
    let request = SessionRequest {
        request_id: id.to_owned(),
        request,
    };
    let message = Some(Message::Request(request));
    let message = AgentSessionMessage { message }.encode_to_vec();
    caller.ask(&message).await.unwrap();
    let mut monitor_messages = caller.monitor_messages();
    let found = |all: &Vec<Vec<u8>>| response(all, id).is_some();
    let waiting = timeout(SOON, monitor_messages.wait_for(found)).await;
    let all = waiting.unwrap_or_else(|_| panic!("no answer to {id}"));
    response(&all.unwrap(), id).unwrap()
}

fn messages(all: &[Vec<u8>]) -> impl Iterator<Item = Message> {
    let decoded = all.iter().map(|it| AgentSessionMessage::decode(&**it));
    decoded.map(|it| it.unwrap().message.unwrap())
}

fn response(all: &[Vec<u8>], id: &str) -> Option<SessionResponse> {
    messages(all).find_map(|it| match it {
        Message::Response(response) if response.request_id == id => Some(response),
        _ => None,
    })
}

fn events(all: &[Vec<u8>]) -> Vec<AgentSessionEvent> {
    let events = messages(all).filter_map(|it| match it {
        Message::Event(event) => Some(event),
        _ => None,
    });
    events.collect()
}

/// States of the agent except the first; fails if the changes are not contiguous.
fn states(events: &[AgentSessionEvent]) -> Vec<AgentState> {
    let changes = events.iter().filter_map(|it| match it.event.as_ref()? {
        Event::AgentStateChanged(changed) => Some(*changed),
        _ => None,
    });
    let changes: Vec<_> = changes.collect();
    let links = changes.windows(2);
    links.for_each(|it| assert_eq!(it[0].new_state, it[1].old_state, "out of order"));
    changes.iter().map(|it| it.new_state()).collect()
}

fn said(events: &[AgentSessionEvent], role: ChatRole) -> Vec<ChatMessage> {
    let items = events.iter().filter_map(|it| match it.event.as_ref()? {
        Event::ConversationItemAdded(added) => added.item.clone()?.item,
        _ => None,
    });
    let said = items.filter_map(|it| match it {
        Item::Message(message) if message.role() == role => Some(message),
        _ => None,
    });
    said.collect()
}

/// Grants a participant permission to manage the agent's session.
async fn let_manage(bench: &Bench, identity: &str) {
    let url = bench.livekit.http_url();
    let secret = bench.livekit.api_secret.reveal();
    let rooms = RoomClient::with_api_key(&url, &bench.livekit.api_key, secret);
    let permission = ParticipantPermission {
        can_subscribe: true,
        can_publish: true,
        can_publish_data: true,
        can_manage_agent_session: true,
        ..ParticipantPermission::default()
    };
    let options = UpdateParticipantOptions {
        permission: Some(permission),
        ..UpdateParticipantOptions::default()
    };
    let updated = rooms.update_participant(ROOM, identity, options).await;
    let permission = updated.unwrap().permission.unwrap();
    assert!(permission.can_manage_agent_session);
}

fn all_requests() -> [(&'static str, Request); 10] {
    let text = "Do you have a table?".to_owned();
    [
        ("ping", Request::Ping(ask::Ping {})),
        ("state", Request::GetSessionState(ask::GetSessionState {})),
        ("stats", Request::GetRtcStats(ask::GetRtcStats {})),
        ("usage", Request::GetSessionUsage(ask::GetSessionUsage {})),
        (
            "framework",
            Request::GetFrameworkInfo(ask::GetFrameworkInfo {}),
        ),
        (
            "finalize",
            Request::FinalizeSimulation(ask::FinalizeSimulation::default()),
        ),
        ("history", Request::GetChatHistory(ask::GetChatHistory {})),
        ("agent", Request::GetAgentInfo(ask::GetAgentInfo {})),
        ("io", Request::UpdateIo(ask::UpdateIo::default())),
        ("run", Request::RunInput(ask::RunInput { text })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_monitors_a_call_and_a_manager_may_request_everything() {
    let bench = Bench::start(sim::Options::default()).await;
    let agent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("monitored.toml");
    std::fs::write(
        &agent,
        "prompt = \"planted-prompt\"\ngreeting = \"Hello\"\n",
    )
    .unwrap();
    let mut worker = bench.worker_with(&["--agent", agent.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    let manager = bench.caller("grace").await;
    let_manage(&bench, "grace").await;
    say(&mut caller, "caller-hours").await;
    let monitor_messages = caller.monitor_messages();
    told_of(monitor_messages.clone(), 2).await;
    turn_is_measured(&events(&monitor_messages.borrow()));
    told_of(manager.monitor_messages(), 1).await;

    let public = ["ping", "state", "stats", "usage", "framework", "finalize"];
    for (id, request) in all_requests() {
        let refused = answer(&caller, id, Some(request)).await.error;
        let expected = (!public.contains(&id)).then(|| "not allowed".to_owned());
        assert_eq!(refused, expected, "{id}");
    }
    let unknown = answer(&caller, "unknown", None).await;
    assert_eq!(unknown.error.as_deref(), Some("unknown request"));
    for message in monitor_messages.borrow().iter() {
        let text = String::from_utf8_lossy(message);
        assert!(!text.contains("planted"), "the prompt was sent");
    }

    manager_is_answered(&manager).await;
    let asked = |it: &Caller| said(&events(&it.monitor_messages().borrow()), ChatRole::User).len();
    let seen = (asked(&manager), asked(&caller));
    assert_eq!(seen, (2, 1), "only managers see the text of RunInput");
    manager.leave().await;
    bench.ends(caller, &mut worker).await;
    for planted in ["planted", "table"] {
        assert!(!worker.wrote().contains(planted), "{planted:?} was logged");
    }
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

/// Waits until events have reported this many replies.
async fn told_of(mut monitor_messages: watch::Receiver<Vec<Vec<u8>>>, replies: usize) {
    let are_told = |all: &Vec<Vec<u8>>| said(&events(all), ChatRole::Assistant).len() == replies;
    let waiting = timeout(SOON, monitor_messages.wait_for(are_told)).await;
    assert!(
        waiting.is_ok_and(|it| it.is_ok()),
        "{replies} replies were not reported"
    );
}

/// Asserts that the caller's turn and its answer were reported with their metrics.
fn turn_is_measured(events: &[AgentSessionEvent]) {
    let states = states(events);
    let turn = [AgentState::AsThinking, AgentState::AsSpeaking];
    assert!(states.windows(2).any(|it| it == turn), "{states:?}");
    let asked = said(events, ChatRole::User).remove(0).metrics.unwrap();
    assert!(asked.end_of_turn_delay.unwrap() > 0.0, "{asked:?}");
    assert!(asked.started_speaking_at.is_some(), "{asked:?}");
    let answered = said(events, ChatRole::Assistant).remove(1).metrics.unwrap();
    let latency = answered.e2e_latency.unwrap();
    println!("e2e latency as an app sees it: {latency:.3} s; {answered:?}");
    assert!(latency > 0.0 && latency < 30.0, "{answered:?}");
    let users = events
        .iter()
        .filter(|it| matches!(it.event, Some(Event::UserStateChanged(_))));
    assert!(users.count() >= 2, "the caller spoke and stopped");
}

async fn manager_is_answered(manager: &Caller) {
    for (id, request) in all_requests() {
        let answer = answer(manager, id, Some(request)).await;
        assert_eq!(answer.error, None, "{id}");
        match answer.response.unwrap() {
            Response::GetAgentInfo(info) => {
                assert_eq!(info.instructions.as_deref(), Some("planted-prompt"));
            }
            Response::GetChatHistory(history) => assert_eq!(history.items.len(), 3),
            Response::GetRtcStats(stats) => {
                let stats = format!("{stats:?}");
                for field in ["currentRoundTripTime", "jitterBufferEmittedCount"] {
                    assert!(stats.contains(field), "{field} is missing: {stats}");
                }
            }
            Response::RunInput(run) => assert_eq!(run.items.len(), 1, "{run:?}"),
            Response::GetSessionUsage(usage) => {
                let usage = format!("{usage:?}");
                assert!(!usage.contains("session_duration: 0.0"), "{usage}");
            }
            _ => {}
        }
    }
}
