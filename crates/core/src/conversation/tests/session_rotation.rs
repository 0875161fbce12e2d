//! Sessions that are replaced, voices that are rejected, and texts sent to callers.

use super::harness::*;
use super::recovery::{config, configured, has, prompt};
use crate::conversation::voice_session::{END_WITHIN, ROTATE_AFTER, ROTATE_WITHIN};
use crate::conversation::*;
use crate::secret::Private;
use crate::wire::agent::{Output, SessionConfig};

#[test]
fn a_session_is_rotated_in_a_quiet_moment_without_another_greeting() {
    let mut call = Call::ready(configured());
    call.on(speech_started());
    call.pass(ROTATE_AFTER);
    call.last_of([speech_stopped(), caller_said("Well?")]);
    call.last_of([started("a"), audio("a", 100), audible(1)]);
    call.last_of([text("a", "Yes.", false), done("a")]);
    let actions = call.on(drained(1, 100));
    let rotated = [
        end_session(),
        Action::CloseAgent,
        Action::Observe(Fact::SessionRotated),
        Action::ConnectAgent,
    ];
    for action in &rotated {
        assert!(has(&actions, action), "{action:?}: {actions:?}");
    }
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(session.greeting, None);
    assert!(prompt(&session).contains("Caller: Well?"));
    let actions = call.on(ready());
    assert!(has(&actions, &state(AgentState::Listening)), "{actions:?}");
    assert!(
        !actions.iter().any(|it| it.name() == "send_agent"),
        "no reply is pending"
    );
}

#[test]
fn a_session_without_a_quiet_moment_is_rotated_anyway() {
    let mut call = Call::ready(configured());
    call.last_of([speech_started()]);
    let rotated = Action::Observe(Fact::SessionRotated);
    assert!(!has(&call.pass(ROTATE_AFTER), &rotated));
    assert!(has(&call.pass(ROTATE_WITHIN), &rotated));
}

#[test]
fn a_call_that_is_ending_does_not_rotate_its_session() {
    let mut call = Call::ready(configured());
    call.on(speech_started());
    call.pass(ROTATE_AFTER + ROTATE_WITHIN - SECOND);
    assert!(has(&call.on(room_over()), &end_session()));
    let outcome = Outcome::Room(RoomEnd::Closed);
    assert_eq!(
        call.pass(END_WITHIN),
        [Action::CloseAgent, Action::Finish(outcome)]
    );
}

fn voiced() -> Settings {
    Settings {
        profile: AgentProfile::from(SessionConfig {
            output: Some(Output {
                voice: Some("ivy".to_owned()),
                ..Output::default()
            }),
            ..SessionConfig::default()
        }),
        ..Settings::default()
    }
}

fn refused(param: &str) -> Event {
    Event::Agent(AgentEvent::SessionError(AgentError {
        param: Some(param.to_owned()),
        ..error("invalid_value")
    }))
}

#[test]
fn a_rejected_voice_is_left_out_once() {
    let mut call = Call::new(voiced());
    call.last_of([joined("ada"), subscribed()]);
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(session.output.unwrap().voice.as_deref(), Some("ivy"));
    let actions = call.on(refused("output.voice"));
    assert!(
        has(&actions, &Action::Observe(Fact::VoiceRefused)),
        "{actions:?}"
    );
    assert!(
        has(&actions, &Action::ConnectAgent),
        "immediately: {actions:?}"
    );
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(session.output.unwrap().voice, None);
    let actions = call.on(ready());
    let back = |it: &Action| matches!(it, Action::Observe(Fact::AgentBack { .. }));
    assert!(!actions.iter().any(back), "nothing was lost: {actions:?}");
}

#[test]
fn a_rejected_voice_falls_back_to_the_agents_own_and_then_to_none() {
    let mut settings = voiced();
    settings.profile.own_voice = Some("alba".to_owned());
    let mut call = Call::new(settings);
    call.last_of([joined("ada"), subscribed()]);
    for voice in [Some("ivy"), Some("alba"), None] {
        let session = config(call.on(Event::AgentOpened));
        assert_eq!(session.output.unwrap().voice.as_deref(), voice);
        let actions = call.on(refused("output.voice"));
        let is_over = actions.iter().any(|it| matches!(it, Action::Finish(_)));
        assert_eq!(is_over, voice.is_none(), "{voice:?}: {actions:?}");
        // The second attempt comes after a short delay.
        call.pass(SECOND);
    }
}

#[test]
fn a_call_ends_when_a_voice_is_rejected_twice_or_another_field_is_rejected() {
    let mut call = Call::new(voiced());
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened]);
    call.last_of([refused("output.voice"), Event::AgentOpened]);
    let actions = call.on(refused("output.voice"));
    assert!(
        actions.iter().any(|it| matches!(it, Action::Finish(_))),
        "{actions:?}"
    );

    let mut call = Call::new(voiced());
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened]);
    let actions = call.on(refused("input.keyterms"));
    assert!(
        actions.iter().any(|it| matches!(it, Action::Finish(_))),
        "{actions:?}"
    );
}

fn written(text: &str) -> Action {
    Action::Write(Private::new(text.to_owned()))
}

fn with_lines() -> Settings {
    Settings {
        profile: AgentProfile {
            lines: Lines {
                busy: Some("One moment.".to_owned().into()),
                lost: Some("We are coming back.".to_owned().into()),
                ..Lines::default()
            },
            ..AgentProfile::default()
        },
        ..Settings::default()
    }
}

#[test]
fn a_caller_is_told_once_that_the_service_is_busy() {
    let mut call = Call::new(with_lines());
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened]);
    let actions = call.on(session_error("at_capacity"));
    assert!(has(&actions, &written("One moment.")), "{actions:?}");
    call.pass(SECOND);
    call.on(Event::AgentOpened);
    let actions = call.on(session_error("concurrency_exceeded"));
    assert!(!has(&actions, &written("One moment.")), "{actions:?}");
}

#[test]
fn a_caller_is_told_that_the_session_is_lost() {
    let mut call = Call::ready(with_lines());
    let lost_line = written("We are coming back.");
    assert!(has(&call.on(lost()), &lost_line));
    assert!(
        !has(&call.on(lost()), &lost_line),
        "the session is already lost"
    );
}
