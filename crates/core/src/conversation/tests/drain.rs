//! Calls that are still running when their worker has to stop.

use super::hang_up::{finished, is_asked, profile, with};
use super::harness::*;
use super::recovery::has;
use crate::conversation::callers::participants::DRAINING_WAITS;
use crate::conversation::ending::hang_up::{
    ENDS_WITHIN, GOODBYE_WITHIN, HEARD_WITHIN, MAKES_WAY_WITHIN,
};
use crate::conversation::*;

const GOODBYE: &str = "Good bye.";

fn cancel(reply: &str) -> Action {
    Action::SendAgent(AgentCommand::CancelReply(reply.into()))
}

/// Plays the goodbye from its start to the last sample; then the call must end. Returns the
/// outcome.
fn says_goodbye(mut call: Call, reply: &str, utterance: u32) -> Outcome {
    call.last_of([
        started(reply),
        audio(reply, 500),
        audible(utterance),
        text(reply, GOODBYE, false),
    ]);
    let actions = call.on(done(reply));
    assert!(
        !has(&actions, &end_session()),
        "the goodbye has not been heard yet"
    );
    call.on(drained(utterance, 500));
    finished(call)
}

#[test]
fn the_goodbye_interrupts_the_current_reply() {
    let mut call = with(profile());
    call.last_of([started("a"), audio("a", 5_000), audible(1)]);
    let actions = call.on(Event::SayGoodbye);
    assert!(has(&actions, &Action::FlushPlayout), "{actions:?}");
    assert!(has(&actions, &cancel("a")), "{actions:?}");
    assert!(!is_asked(&actions, GOODBYE), "the API still speaks");
    assert_eq!(call.on(audio("a", 10)), [stale()]);
    call.last_of([flushed(1, 100), text("a", "Well", false)]);
    let actions = call.on(done_as("a", ReplyStatus::Cancelled));
    assert!(is_asked(&actions, GOODBYE), "{actions:?}");
    let is_cut = |it: &Action| matches!(it, Action::Observe(Fact::Interrupted { .. }));
    assert!(!actions.iter().any(is_cut), "the caller did not interrupt");
    assert_eq!(says_goodbye(call, "b", 2), Outcome::Drained);
}

#[test]
fn the_goodbye_is_said_even_if_the_api_does_not_cancel_the_reply() {
    let mut call = with(profile());
    call.last_of([
        started("a"),
        audio("a", 5_000),
        audible(1),
        Event::SayGoodbye,
    ]);
    assert!(!is_asked(&call.pass(MAKES_WAY_WITHIN - ms(1)), GOODBYE));
    assert!(is_asked(&call.pass(ms(1)), GOODBYE));
    assert_eq!(call.on(audio("a", 10)), [stale()]);
    assert_eq!(says_goodbye(call, "b", 2), Outcome::Drained);
}

#[test]
fn a_caller_who_is_speaking_cannot_interrupt_the_goodbye() {
    for barge_in in [BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed] {
        let mut call = Call::ready(Settings {
            profile: profile(),
            barge_in,
            ..Settings::default()
        });
        call.on(speech_started());
        assert!(is_asked(&call.on(Event::SayGoodbye), GOODBYE));
        let chunks: Vec<_> = (0..5).flat_map(|_| call.on(mic(9_000))).collect();
        let silence = Action::SendAudio(Frame::new(vec![0; 1_200]));
        assert_eq!(chunks, [silence], "the API hears silence");
        call.last_of([started("b"), audio("b", 500), audible(1)]);
        assert_eq!(call.on(speech_started()), [], "{barge_in:?}");
        call.last_of([text("b", GOODBYE, false), done("b"), drained(1, 500)]);
        assert_eq!(finished(call), Outcome::Drained);
    }
}

#[test]
fn a_pending_reply_makes_way_for_the_goodbye() {
    let mut call = with(profile());
    call.last_of([speech_started(), speech_stopped(), caller_said("Well?")]);
    assert!(!is_asked(&call.on(Event::SayGoodbye), GOODBYE));
    assert!(has(&call.on(started("a")), &cancel("a")));
    assert_eq!(call.on(audio("a", 10)), [stale()]);
    let actions = call.on(done_as("a", ReplyStatus::Cancelled));
    assert!(is_asked(&actions, GOODBYE));
    assert_eq!(says_goodbye(call, "b", 1), Outcome::Drained);
}

#[test]
fn a_tool_result_that_comes_too_late_is_not_sent() {
    let mut call = with(AgentProfile {
        tools: vec![ToolRule {
            name: "look_up".to_owned(),
            ..ToolRule::default()
        }],
        ..profile()
    });
    call.last_of([started("a"), tool_call("1", "look_up"), done("a")]);
    assert!(is_asked(&call.on(Event::SayGoodbye), GOODBYE));
    let late = Event::ToolDone {
        call: "1".into(),
        result: "{}".to_owned().into(),
        is_error: false,
    };
    let sends = |it: &Action| it.name() == "send_agent";
    assert!(!call.on(late).iter().any(sends));
    assert_eq!(says_goodbye(call, "b", 1), Outcome::Drained);
}

#[test]
fn the_wait_for_a_goodbye_has_a_deadline() {
    let mut call = with(profile());
    call.on(Event::SayGoodbye);
    assert!(!has(&call.pass(GOODBYE_WITHIN - ms(1)), &end_session()));
    assert!(has(&call.pass(ms(1)), &end_session()));
    let left = ENDS_WITHIN - GOODBYE_WITHIN;
    assert_eq!(
        call.pass(left).last(),
        Some(&Action::Finish(Outcome::Drained))
    );
}

#[test]
fn without_a_goodbye_line_the_current_reply_is_finished() {
    let mut call = with(AgentProfile::default());
    call.last_of([started("a"), audio("a", 500), audible(1)]);
    assert_eq!(call.on(Event::SayGoodbye), []);
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(call.on(speech_started()), []);
    call.last_of([text("a", "Well", false), done("a")]);
    call.on(drained(1, 510));
    assert_eq!(finished(call), Outcome::Drained);
}

#[test]
fn without_a_session_there_is_no_goodbye() {
    let mut call = Call::new(Settings {
        profile: profile(),
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed()]);
    let end = [Action::CloseAgent, Action::Finish(Outcome::Shutdown)];
    assert_eq!(call.on(Event::SayGoodbye), end);
}

#[test]
fn there_is_no_goodbye_for_a_caller_who_has_left() {
    let mut call = Call::ready(Settings {
        profile: profile(),
        caller_grace: 5 * SECOND,
        ..Settings::default()
    });
    call.on(left("ada"));
    assert!(has(&call.on(Event::SayGoodbye), &end_session()));
    let end = Action::Finish(Outcome::CallerLeft);
    assert_eq!(call.on(session_ended()).pop(), Some(end));
}

#[test]
fn a_goodbye_in_progress_is_not_repeated() {
    let mut call = with(AgentProfile {
        limits: Limits {
            duration: Some(60 * SECOND),
            ..Limits::default()
        },
        ..profile()
    });
    assert!(is_asked(&call.pass(60 * SECOND), GOODBYE));
    call.last_of([started("b"), audio("b", 500), audible(1)]);
    assert_eq!(call.on(Event::SayGoodbye), []);
    assert_eq!(call.on(Event::SayGoodbye), []);
    call.last_of([text("b", GOODBYE, false), done("b"), drained(1, 500)]);
    assert_eq!(finished(call), Outcome::Limit(Limit::Duration));
}

#[test]
fn a_drain_starts_a_goodbye_that_waits_for_the_end_of_a_reply() {
    let mut call = with(AgentProfile {
        limits: Limits {
            duration: Some(60 * SECOND),
            ..Limits::default()
        },
        ..profile()
    });
    call.last_of([started("a"), audio("a", 90_000), audible(1)]);
    assert!(!is_asked(&call.pass(60 * SECOND), GOODBYE));
    assert!(has(&call.on(Event::SayGoodbye), &cancel("a")));
    assert!(is_asked(
        &call.on(done_as("a", ReplyStatus::Cancelled)),
        GOODBYE
    ));
    assert_eq!(says_goodbye(call, "b", 2), Outcome::Limit(Limit::Duration));
}

#[test]
fn a_shutdown_cuts_the_goodbye_off() {
    let mut call = with(profile());
    call.last_of([Event::SayGoodbye, started("b"), audio("b", 500), audible(1)]);
    let actions = call.on(Event::Shutdown);
    assert!(has(&actions, &Action::FlushPlayout), "{actions:?}");
    assert!(has(&actions, &end_session()), "{actions:?}");
    assert_eq!(call.pass(HEARD_WITHIN), []);
    let end = Action::Finish(Outcome::Shutdown);
    assert_eq!(call.on(session_ended()).pop(), Some(end));
}

#[test]
fn a_caller_is_hung_up_on_after_the_goodbye() {
    let mut call = with(profile());
    call.on(Event::SayGoodbye);
    call.last_of([started("b"), done("b")]);
    let actions = call.pass(HEARD_WITHIN);
    assert!(has(&actions, &Action::Dismiss("ada".into())), "{actions:?}");
}

#[test]
fn an_agent_without_a_caller_waits_only_briefly() {
    for caller_wait in [None, Some(60 * SECOND)] {
        let mut call = Call::new(Settings {
            caller_wait,
            ..Settings::default()
        });
        assert_eq!(call.on(Event::Drain), []);
        let end = Action::Finish(Outcome::NoCaller);
        assert_eq!(call.pass(DRAINING_WAITS - ms(1)), []);
        assert_eq!(call.pass(ms(1)), [end]);
    }
}

#[test]
fn a_drain_neither_prolongs_the_wait_nor_ends_a_call_with_a_caller() {
    let mut call = Call::new(Settings {
        caller_wait: Some(2 * SECOND),
        ..Settings::default()
    });
    call.on(Event::Drain);
    assert_eq!(call.pass(2 * SECOND), [Action::Finish(Outcome::NoCaller)]);

    let mut call = Call::new(Settings::default());
    call.last_of([Event::Drain, joined("ada")]);
    assert_eq!(call.on(Event::Drain), []);
    call.last_of([subscribed(), Event::AgentOpened, ready()]);
    assert_eq!(call.pass(600 * SECOND), []);
}
