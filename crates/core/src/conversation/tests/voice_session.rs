//! The connection to the Voice Agent API, from the first attempt to the end of the session.

use super::harness::*;
use crate::audio::Frame;
use crate::conversation::voice_session::recovery::{TRIES, TRY_FOR};
use crate::conversation::voice_session::{
    CONNECT_WITHIN, END_WITHIN, LISTENER_WITHIN, READY_WITHIN, RECENT_ERROR,
};
use crate::conversation::*;
use crate::wire::agent::SessionConfig;

fn configured() -> Settings {
    Settings {
        profile: AgentProfile::from(SessionConfig {
            greeting: Some("Hello".to_owned().into()),
            ..SessionConfig::default()
        }),
        ..Settings::default()
    }
}

fn update() -> Action {
    let session = Box::new(configured().profile.first.session);
    Action::SendAgent(AgentCommand::UpdateSession(session))
}

fn is_ready() -> [Action; 2] {
    let fact = Fact::SessionReady { session: None };
    [Action::Observe(fact), state(AgentState::Listening)]
}

#[test]
fn the_session_is_configured_when_open_and_the_agent_is_heard() {
    let mut call = Call::new(configured());
    call.on(joined("ada"));
    assert_eq!(call.on(Event::AgentOpened), []);
    assert_eq!(call.on(subscribed()), [update()]);
    assert_eq!(
        call.on(subscribed()),
        [],
        "a second listener changes nothing"
    );
    assert_eq!(call.deadline(), Some(READY_WITHIN));
    assert_eq!(call.on(Event::Agent(AgentEvent::SessionUpdated)), []);
    assert_eq!(call.on(ready()), is_ready());
    assert_eq!(call.on(ready()), [], "ready was reported twice");
    assert_eq!(call.deadline(), None);
}

#[test]
fn the_agent_may_be_heard_before_the_connection_or_the_caller() {
    let mut call = Call::new(configured());
    call.last_of([subscribed(), joined("ada")]);
    assert_eq!(call.deadline(), Some(CONNECT_WITHIN));
    assert_eq!(call.on(Event::AgentOpened), [update()]);
}

#[test]
fn an_agent_that_is_not_heard_in_time_speaks_anyway() {
    let mut call = Call::new(configured());
    call.last_of([joined("ada"), Event::AgentOpened]);
    assert_eq!(call.pass(LISTENER_WITHIN - ms(1)), []);
    assert_eq!(call.pass(ms(1)), [update()]);

    let mut call = Call::new(configured());
    call.on(joined("ada"));
    assert_eq!(
        call.pass(LISTENER_WITHIN),
        [],
        "the connection is not open yet"
    );
    assert_eq!(call.on(Event::AgentOpened), [update()]);
}

#[test]
fn nothing_is_sent_before_ready_and_no_burst_after() {
    let mut call = Call::new(configured());
    for event in [joined("ada"), subscribed(), Event::AgentOpened] {
        call.on(event);
        assert_eq!(call.on(mic(1)), [mic_dropped()]);
    }
    call.on(ready());
    for _ in 0..4 {
        assert_eq!(call.on(mic(2)), []);
    }
    let chunk = Action::SendAudio(Frame::new(vec![2; 1_200]));
    assert_eq!(call.on(mic(2)), [chunk]);
}

#[test]
fn ready_before_the_configuration_is_ignored() {
    let mut call = Call::new(configured());
    call.on(joined("ada"));
    assert_eq!(call.last_of([Event::AgentOpened, ready()]), []);
    assert_eq!(call.on(mic(1)), [mic_dropped()]);
    assert_eq!(call.on(audio("a", 10)), [stale()]);
    assert_eq!(call.on(speech_stopped()), []);
}

/// Fails each attempt with `fail` until the call is over. Returns the number of retries and the
/// outcome.
fn tried_in_vain(call: &mut Call, fail: impl Fn(&mut Call) -> Vec<Action>) -> (u32, Outcome) {
    let mut tries = 0;
    let mut actions = fail(call);
    loop {
        match actions.pop() {
            Some(Action::Finish(outcome)) => return (tries, outcome),
            Some(Action::ConnectAgent) => {
                tries += 1;
                actions = fail(call);
            }
            _ => {
                actions = call.pass(
                    call.deadline()
                        .expect("another attempt should be scheduled"),
                )
            }
        }
        assert!(tries < 100, "the call never gives up");
    }
}

#[test]
fn each_connection_stage_has_a_deadline_and_is_retried_for_a_while() {
    let mut call = Call::new(configured());
    call.last_of([joined("ada"), subscribed()]);
    let (tries, outcome) = tried_in_vain(&mut call, |call| {
        call.on(Event::AgentOpened);
        call.pass(READY_WITHIN)
    });
    assert_eq!(outcome, Outcome::AgentTimeout);
    assert!((1..4).contains(&tries), "{tries}");

    let mut call = Call::new(configured());
    call.last_of([subscribed(), joined("ada")]);
    let (tries, outcome) = tried_in_vain(&mut call, |call| call.pass(CONNECT_WITHIN));
    let unreachable = SocketLoss::Unreachable("no connection within 12 s".to_owned());
    assert_eq!(outcome, Outcome::AgentLost(unreachable));
    assert!((1..4).contains(&tries), "{tries}");
}

#[test]
fn an_error_before_ready_is_fatal() {
    let rejected = || {
        let outcome = Outcome::AgentRejected(error("unauthorized"));
        [Action::CloseAgent, Action::Finish(outcome)]
    };
    let mut call = Call::new(configured());
    call.last_of([joined("ada"), Event::AgentOpened]);
    assert_eq!(call.on(session_error("unauthorized")), rejected());
    assert_eq!(call.on(lost()), [], "the loss after it changes nothing");

    let mut call = Call::new(configured());
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened]);
    assert_eq!(call.on(session_error("unauthorized")), rejected());
}

#[test]
fn an_error_after_ready_is_not_fatal() {
    let mut call = Call::ready(configured());
    let expected = Action::Observe(Fact::AgentError(error("invalid_audio")));
    assert_eq!(call.on(session_error("invalid_audio")), [expected]);
    assert_eq!(call.pass(60 * SECOND), []);
    assert!(call.on(lost()).contains(&Action::ConnectAgent));
}

#[test]
fn an_error_right_before_the_loss_is_reported_as_the_reason() {
    let mut call = Call::ready(configured());
    call.on(session_error("unauthorized"));
    call.pass(RECENT_ERROR);
    let outcome = Outcome::AgentRejected(error("unauthorized"));
    assert_eq!(call.on(lost()), [Action::Finish(outcome)]);

    let mut call = Call::ready(configured());
    call.on(session_error("unauthorized"));
    call.pass(RECENT_ERROR + ms(1));
    assert!(call.on(lost()).contains(&Action::ConnectAgent));
}

#[test]
fn a_connection_lost_before_the_first_session_is_retried_for_a_while() {
    for reached in 1..=3 {
        let mut call = Call::new(configured());
        let events = || [joined("ada"), subscribed(), Event::AgentOpened];
        for event in events().into_iter().take(reached) {
            call.on(event);
        }
        let since = call.now;
        let expected = Action::Observe(Fact::AgentNotYet(loss()));
        assert_eq!(call.on(lost()), [expected]);
        call.pass(SECOND);
        let (tries, outcome) = tried_in_vain(&mut call, |call| call.on(lost()));
        assert_eq!(outcome, Outcome::AgentLost(loss()));
        assert!(tries > 3 && call.now - since <= TRY_FOR, "{tries}");
        assert_eq!(call.deadline(), None);
    }
}

#[test]
fn permanent_errors_end_the_call_immediately() {
    let closed = |code| SocketLoss::Closed {
        code,
        reason: String::new(),
    };
    for loss in [
        SocketLoss::Refused(401),
        SocketLoss::Refused(404),
        closed(1000),
        closed(1008),
    ] {
        let mut call = Call::new(configured());
        call.last_of([joined("ada"), subscribed()]);
        let actions = call.on(Event::AgentLost(loss.clone()));
        assert_eq!(actions, [Action::Finish(Outcome::AgentLost(loss))]);
    }
    for loss in [
        SocketLoss::Refused(429),
        SocketLoss::Refused(503),
        closed(1011),
    ] {
        let mut call = Call::new(configured());
        call.last_of([joined("ada"), subscribed()]);
        let actions = call.on(Event::AgentLost(loss.clone()));
        assert_eq!(actions, [Action::Observe(Fact::AgentNotYet(loss))]);
    }
}

#[test]
fn a_loss_without_a_connection_is_ignored() {
    let mut call = Call::new(configured());
    assert_eq!(call.on(lost()), []);
    assert_eq!(call.on(Event::AgentOpened), []);
}

#[test]
fn a_session_that_the_server_ends_is_replaced() {
    let mut call = Call::ready(configured());
    call.last_of([started("a"), audio("a", 100)]);
    let actions = call.on(session_ended());
    let expected = Fact::AgentLost(SocketLoss::Broken("agent_ended".to_owned()));
    let next = [
        Action::CloseAgent,
        Action::Observe(expected),
        Action::ConnectAgent,
        state(AgentState::Initializing),
    ];
    assert_eq!(actions, next);
}

#[test]
fn a_server_that_ends_every_session_immediately_ends_the_call() {
    let mut call = Call::ready(configured());
    for _ in 0..TRIES {
        let actions = call.on(session_ended());
        assert!(actions.contains(&Action::ConnectAgent), "{actions:?}");
        call.last_of([Event::AgentOpened, ready()]);
    }
    let actions = call.on(session_ended());
    let finish = Action::Finish(Outcome::AgentEnded);
    assert_eq!(actions.last(), Some(&finish));
}

#[test]
fn a_shutdown_ends_the_session_and_waits_three_seconds_at_most() {
    let closed = || [Action::CloseAgent, Action::Finish(Outcome::Shutdown)];
    let mut call = Call::ready(configured());
    assert_eq!(call.on(Event::Shutdown), [end_session()]);
    assert_eq!(call.on(mic(1)), [mic_dropped()]);
    assert_eq!(call.on(audio("a", 10)), [stale()]);
    assert_eq!(call.pass(END_WITHIN - ms(1)), []);
    assert_eq!(call.pass(ms(1)), closed());

    let mut call = Call::ready(configured());
    call.on(Event::Shutdown);
    assert_eq!(call.on(session_ended()), closed());

    let mut call = Call::ready(configured());
    call.on(Event::Shutdown);
    let gone = [Action::Finish(Outcome::Shutdown)];
    assert_eq!(
        call.on(lost()),
        gone,
        "a lost connection while ending finishes the call"
    );
}

#[test]
fn a_second_shutdown_finishes_immediately_and_keeps_the_outcome() {
    let mut call = Call::ready(configured());
    call.on(left("ada"));
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(call.on(Event::Shutdown), end);
}

#[test]
fn without_a_session_a_shutdown_finishes_immediately() {
    for reached in 1..=3 {
        let mut call = Call::new(configured());
        let events = [joined("ada"), Event::AgentOpened, subscribed()];
        for event in events.into_iter().take(reached) {
            call.on(event);
        }
        let end = [Action::CloseAgent, Action::Finish(Outcome::Shutdown)];
        assert_eq!(call.on(Event::Shutdown), end);
    }
}

#[test]
fn the_session_is_ended_after_the_room_has_closed() {
    let mut call = Call::ready(configured());
    call.last_of([started("a"), audio("a", 100), audible(1)]);
    let listening = state(AgentState::Listening);
    assert_eq!(
        call.on(room_over()),
        [Action::FlushPlayout, listening, end_session()]
    );
    let end = [
        Action::CloseAgent,
        Action::Finish(Outcome::Room(RoomEnd::Closed)),
    ];
    assert_eq!(call.pass(END_WITHIN), end);
}

#[test]
fn no_caller_is_linked_while_the_call_is_ending() {
    let mut call = Call::ready(configured());
    call.on(left("ada"));
    assert_eq!(call.on(joined("bob")), []);
    assert_eq!(call.on(room_over()), []);
    let expected = Action::Observe(Fact::AgentError(error("late")));
    assert_eq!(call.on(session_error("late")), [expected]);
}

#[test]
fn a_connection_that_stalls_while_ending_is_closed() {
    let mut call = Call::ready(configured());
    call.on(Event::Shutdown);
    let end = [Action::CloseAgent, Action::Finish(Outcome::Shutdown)];
    assert_eq!(call.on(Event::AgentStalled), end);
}

#[test]
fn an_overflow_ends_the_call_and_the_session() {
    let mut call = Call::ready(configured());
    call.last_of([started("a"), audio("a", 100)]);
    let overflow = call.on(Event::Playout(PlayoutEvent::Overflowed));
    assert_eq!(overflow, [Action::FlushPlayout, end_session()]);
    let end = [Action::CloseAgent, Action::Finish(Outcome::PlayoutOverflow)];
    assert_eq!(call.on(session_ended()), end);
}

#[test]
fn unknown_messages_are_reported_and_change_nothing() {
    let mut call = Call::ready(configured());
    let kind = || "session.sang".to_owned();
    let expected = Action::Observe(Fact::UnknownMessage { kind: kind() });
    assert_eq!(
        call.on(Event::Agent(AgentEvent::Unknown { kind: kind() })),
        [expected]
    );
}

#[test]
fn no_actions_follow_the_end() {
    let mut call = Call::ready(configured());
    call.last_of([Event::Shutdown, Event::Shutdown]);
    let after = [
        joined("eve"),
        mic(1),
        ready(),
        lost(),
        Event::Shutdown,
        audio("a", 10),
    ];
    for event in after {
        assert_eq!(call.on(event), []);
    }
    assert_eq!(call.deadline(), None);
}

#[test]
#[should_panic(expected = "poll_action until it returns None")]
#[cfg(debug_assertions)]
fn an_event_before_the_actions_are_drained_is_a_bug() {
    let mut call = Call::new(configured());
    call.call.handle(call.now, joined("ada"));
    call.call.handle(call.now, subscribed());
}
