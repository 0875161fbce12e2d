//! Recovery from the loss of a voice session.

use super::harness::*;
use crate::conversation::failover::resume::{GO_ON, OWED_WITHIN};
use crate::conversation::voice_session::recovery::{TRIES, TRY_FOR};
use crate::conversation::voice_session::{CONNECT_WITHIN, READY_WITHIN};
use crate::conversation::*;
use crate::secret::Secret;
use crate::wire::agent::SessionConfig;

pub(super) fn configured() -> Settings {
    Settings {
        profile: AgentProfile::from(SessionConfig {
            system_prompt: Some("You are a clerk.".to_owned().into()),
            greeting: Some("Hello".to_owned().into()),
            ..SessionConfig::default()
        }),
        ..Settings::default()
    }
}

/// `session.ready` of a session that can be resumed.
pub(super) fn ready_as(session: &str) -> Event {
    Event::Agent(AgentEvent::SessionReady {
        session: Some(session.into()),
        resume_token: Some(Secret::new(format!("{session}-token"))),
        expires_at: None,
        server_tools: Vec::new(),
    })
}

fn talking() -> Call {
    let mut call = Call::new(configured());
    call.last_of([
        joined("ada"),
        subscribed(),
        Event::AgentOpened,
        ready_as("s1"),
    ]);
    call
}

fn resume() -> Action {
    Action::ResumeAgent(Secret::new("s1-token"))
}

pub(super) fn say_on() -> Action {
    Action::SendAgent(AgentCommand::CreateReply {
        instructions: Some(GO_ON.to_owned().into()),
    })
}

/// The configuration that one of these actions sends.
pub(super) fn config(actions: Vec<Action>) -> SessionConfig {
    let mut sent = actions.into_iter().filter_map(|action| match action {
        Action::SendAgent(AgentCommand::UpdateSession(session)) => Some(*session),
        _ => None,
    });
    sent.next()
        .expect("the actions should contain a session.update")
}

pub(super) fn prompt(session: &SessionConfig) -> String {
    session.system_prompt.as_ref().unwrap().reveal().clone()
}

pub(super) fn has(actions: &[Action], action: &Action) -> bool {
    actions.contains(action)
}

#[test]
fn a_lost_session_is_resumed_with_its_own_credential() {
    let mut call = talking();
    let actions = call.on(lost());
    let lost = Action::Observe(Fact::AgentLost(loss()));
    assert_eq!(actions, [lost, resume(), state(AgentState::Initializing)]);
    assert_eq!(call.on(mic(1)), [mic_dropped()]);
    call.pass(ms(300));
    let ask = AgentCommand::ResumeSession("s1".into());
    assert_eq!(call.on(Event::AgentOpened), [Action::SendAgent(ask)]);
    let actions = call.on(ready_as("s1"));
    let after = ms(300);
    let back = Fact::AgentBack {
        resumed: true,
        after,
    };
    assert!(has(&actions, &Action::Observe(back)), "{actions:?}");
    assert!(has(&actions, &state(AgentState::Listening)), "{actions:?}");
    assert_eq!(call.deadline(), None, "no reply is pending");
}

#[test]
fn each_resume_uses_the_latest_credential() {
    let mut call = talking();
    call.last_of([lost(), Event::AgentOpened, ready_as("s2")]);
    let next = Action::ResumeAgent(Secret::new("s2-token"));
    assert!(has(&call.on(lost()), &next));
}

#[test]
fn resume_attempts_are_limited_and_spaced_and_then_a_new_session_starts() {
    let mut call = talking();
    let (mut resumes, mut actions, since) = (0, call.on(lost()), call.now);
    while has(&actions, &resume()) {
        resumes += 1;
        actions = call.on(lost());
        if actions.is_empty() {
            actions = call.pass(call.deadline().unwrap());
        }
    }
    assert_eq!(resumes, TRIES);
    assert!(call.now - since <= TRY_FOR);
    assert_eq!(actions, [Action::ConnectAgent]);
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(
        session,
        configured().profile.first.session,
        "nothing has been said yet"
    );
}

#[test]
fn a_permanent_loss_ends_the_call_with_the_last_reason() {
    let mut call = talking();
    let mut actions = call.on(lost());
    let since = call.now;
    for _ in 0..100 {
        if actions.iter().any(|it| matches!(it, Action::Finish(_))) {
            break;
        }
        actions = call.on(lost());
        if actions.is_empty() {
            actions = call.pass(call.deadline().unwrap());
        }
    }
    assert_eq!(actions, [Action::Finish(Outcome::AgentLost(loss()))]);
    assert!(call.now - since <= 2 * TRY_FOR);
}

#[test]
fn a_session_that_is_gone_is_replaced_by_one_that_knows_the_history() {
    let mut call = talking();
    call.last_of([started("a"), audio("a", 100), text("a", "Hello", false)]);
    call.last_of([audible(1), done("a"), drained(1, 100)]);
    call.on(caller_said("How late is it?"));
    call.last_of([lost(), Event::AgentOpened]);
    let actions = call.on(session_error("session_not_found"));
    assert!(has(&actions, &Action::CloseAgent), "{actions:?}");
    assert!(has(&actions, &Action::ConnectAgent), "{actions:?}");
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(session.greeting, None);
    let prompt = prompt(&session);
    assert!(prompt.starts_with("You are a clerk.\n\n"), "{prompt}");
    assert!(
        prompt.ends_with("\nYou: Hello\nCaller: How late is it?"),
        "{prompt}"
    );
    let actions = call.on(ready_as("s2"));
    assert!(has(&actions, &say_on()), "a reply is pending: {actions:?}");
}

#[test]
fn a_cut_off_reply_is_requested_again_unless_the_resumed_session_continues() {
    let cut = || {
        let mut call = talking();
        call.last_of([started("a"), audio("a", 100), audible(1), lost()]);
        call.last_of([drained(1, 100), Event::AgentOpened, ready_as("s1")]);
        call
    };
    let mut call = cut();
    let thinking = state(AgentState::Thinking);
    assert_eq!(call.pass(OWED_WITHIN), [say_on(), thinking]);

    let mut call = cut();
    call.on(started("a"));
    assert!(
        !has(&call.pass(OWED_WITHIN), &say_on()),
        "the session continues the reply"
    );

    let mut call = cut();
    call.on(speech_started());
    assert!(
        !has(&call.pass(OWED_WITHIN), &say_on()),
        "the caller speaks"
    );

    let mut call = cut();
    call.on(Event::Shutdown);
    assert!(!has(&call.pass(OWED_WITHIN), &say_on()), "the call is over");
}

#[test]
fn the_queued_part_of_a_lost_reply_is_heard_and_reported() {
    let mut call = talking();
    call.last_of([
        started("a"),
        audio("a", 200),
        word("a", "One", 0, 100),
        audible(1),
    ]);
    call.on(word("a", "two", 900, 1_000));
    let actions = call.on(lost());
    assert!(!has(&actions, &Action::FlushPlayout), "{actions:?}");
    call.last_of([Event::AgentOpened, ready_as("s1")]);
    assert_eq!(
        call.on(audio("a", 100)),
        [stale()],
        "audio of the lost session is stale"
    );
    call.on(drained(1, 200));
    let actions = call.pass(SECOND);
    assert!(has(&actions, &agent_said(1, "One", false)), "{actions:?}");
}

#[test]
fn messages_of_a_lost_connection_are_ignored() {
    let mut call = talking();
    call.last_of([lost(), lost()]);
    for event in [
        ready_as("s1"),
        session_error("odd"),
        session_ended(),
        audio("a", 10),
    ] {
        assert_eq!(call.on(event), []);
    }
}

#[test]
fn a_connection_without_answers_counts_as_one_attempt() {
    let mut call = talking();
    call.on(lost());
    assert_eq!(call.pass(CONNECT_WITHIN), [Action::CloseAgent]);
    assert!(has(&call.pass(SECOND), &resume()));
    call.on(Event::AgentOpened);
    assert_eq!(call.pass(READY_WITHIN), [Action::CloseAgent]);
    assert!(call.deadline().is_some());
}

#[test]
fn a_connection_that_stalls_is_closed_and_resumed() {
    let mut call = talking();
    let actions = call.on(Event::AgentStalled);
    assert_eq!(actions[0], Action::CloseAgent);
    assert!(has(&actions, &resume()), "{actions:?}");
}

#[test]
fn a_busy_service_is_retried_and_a_rejection_is_not() {
    let anew = || {
        let mut call = talking();
        call.last_of([lost(), Event::AgentOpened]);
        call.last_of([session_error("session_expired"), Event::AgentOpened]);
        call
    };
    let mut call = anew();
    call.on(session_error("at_capacity"));
    assert!(has(&call.pass(SECOND), &Action::ConnectAgent));

    let mut call = anew();
    let actions = call.on(session_error("invalid_config"));
    let outcome = Outcome::AgentRejected(error("invalid_config"));
    assert_eq!(actions.last(), Some(&Action::Finish(outcome)));

    let mut call = talking();
    call.on(lost());
    let refused = || Event::AgentLost(SocketLoss::Refused(401));
    assert_eq!(
        call.on(refused()),
        [Action::ConnectAgent],
        "the resume token may have expired"
    );
    let outcome = Outcome::AgentLost(SocketLoss::Refused(401));
    assert_eq!(
        call.on(refused()),
        [Action::Finish(outcome)],
        "the API key is invalid"
    );

    let mut call = talking();
    call.on(session_error("unauthorized"));
    let outcome = Outcome::AgentRejected(error("unauthorized"));
    assert_eq!(call.on(lost()).last(), Some(&Action::Finish(outcome)));
}

#[test]
fn a_service_that_is_busy_at_first_is_retried_for_a_while() {
    let refused = || {
        let mut call = Call::new(configured());
        call.last_of([joined("ada"), subscribed(), Event::AgentOpened]);
        call.on(session_error("at_capacity"));
        call
    };
    let mut call = refused();
    assert_eq!(call.pass(SECOND), [Action::ConnectAgent]);
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(
        session,
        configured().profile.first.session,
        "the greeting is still pending"
    );
    call.on(ready_as("s1"));
    assert_eq!(call.call.state(), AgentState::Listening);

    let mut call = refused();
    let (since, mut tries) = (call.now, 1);
    let last = loop {
        let again = call.deadline().unwrap();
        call.pass(again);
        call.on(Event::AgentOpened);
        tries += 1;
        let actions = call.on(session_error("at_capacity"));
        if actions.iter().any(|it| matches!(it, Action::Finish(_))) {
            break actions;
        }
    };
    let outcome = Outcome::AgentRejected(error("at_capacity"));
    assert_eq!(last.last(), Some(&Action::Finish(outcome)));
    assert!(
        tries > TRIES && call.now - since <= TRY_FOR,
        "{tries} tries"
    );
}

#[test]
fn a_caller_who_leaves_during_the_recovery_ends_the_call() {
    let mut call = talking();
    call.last_of([lost(), lost()]);
    assert_eq!(call.on(left("ada")), [Action::Finish(Outcome::CallerLeft)]);
    assert_eq!(call.deadline(), None);
}
