//! Calls that the agent ends: by its tool, by limits, or because the caller is silent.

use super::harness::*;
use super::recovery::has;
use crate::conversation::ending::hang_up::{HEARD_WITHIN, LEAVE_WITHIN};
use crate::conversation::*;
use crate::ids::Identity;
use crate::secret::Private;

pub(super) fn line(text: &str) -> Private<String> {
    text.to_owned().into()
}

pub(super) fn profile() -> AgentProfile {
    AgentProfile {
        tools: vec![ToolRule {
            name: "end_call".to_owned(),
            kind: ToolKind::EndCall,
            survives_interruption: true,
            ..ToolRule::default()
        }],
        lines: Lines {
            goodbye: Some(line("Good bye.")),
            idle: vec![line("Are you there?"), line("Hello?")],
            ..Lines::default()
        },
        ..AgentProfile::default()
    }
}

pub(super) fn with(profile: AgentProfile) -> Call {
    Call::ready(Settings {
        profile,
        ..Settings::default()
    })
}

fn limited(limits: Limits) -> Call {
    with(AgentProfile {
        limits,
        ..profile()
    })
}

/// Whether the agent is asked to say `words`.
pub(super) fn is_asked(actions: &[Action], words: &str) -> bool {
    actions.iter().any(|action| match action {
        Action::SendAgent(AgentCommand::CreateReply {
            instructions: Some(instructions),
        }) => instructions.reveal().ends_with(words),
        _ => false,
    })
}

/// Plays the last words. Returns the outcome of the call.
pub(super) fn finished(mut call: Call) -> Outcome {
    assert!(!has(&call.pass(HEARD_WITHIN - ms(1)), &end_session()));
    let actions = call.pass(ms(1));
    assert!(has(&actions, &end_session()), "{actions:?}");
    match call.on(session_ended()).pop() {
        Some(Action::Finish(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_ends_once_the_goodbye_was_heard() {
    let mut call = with(profile());
    call.last_of([started("a"), tool_call("1", "end_call")]);
    let actions = call.on(done("a"));
    let asked = actions.iter().any(|it| {
        matches!(it, Action::SendAgent(AgentCommand::ToolResult { result, .. })
            if result.reveal().contains("Good bye."))
    });
    assert!(asked, "{actions:?}");
    call.last_of([started("b"), audio("b", 500), audible(1)]);
    let actions = call.last_of([text("b", "Good bye.", false), done("b")]);
    assert!(
        !has(&actions, &end_session()),
        "the goodbye has not been heard yet"
    );
    call.on(drained(1, 500));
    assert_eq!(finished(call), Outcome::AgentHungUp);
}

#[test]
fn a_goodbye_said_before_the_tool_call_is_not_repeated() {
    let mut call = with(profile());
    call.last_of([started("a"), audio("a", 500), audible(1)]);
    call.last_of([text("a", "Bye!", false), tool_call("1", "end_call")]);
    let actions = call.on(done("a"));
    assert!(
        !actions.iter().any(|it| it.name() == "send_agent"),
        "{actions:?}"
    );
    call.on(drained(1, 500));
    assert_eq!(finished(call), Outcome::AgentHungUp);
}

#[test]
fn repeated_end_call_tool_calls_hang_up_once() {
    let mut call = with(profile());
    call.on(started("a"));
    for nth in 0..100 {
        call.on(tool_call(&nth.to_string(), "end_call"));
    }
    call.last_of([done("a"), started("b")]);
    call.on(done("b"));
    assert_eq!(finished(call), Outcome::AgentHungUp);
}

#[test]
fn the_end_call_tool_waits_for_the_goodbye_without_a_timeout() {
    let mut call = with(profile());
    call.last_of([started("a"), audio("a", 25_000), audible(1)]);
    call.last_of([text("a", "Bye!", false), tool_call("1", "end_call")]);
    call.on(done("a"));
    assert_eq!(
        call.pass(ToolRule::default().within),
        [],
        "the driver does not run this tool"
    );
    call.on(drained(1, 25_000));
    assert_eq!(finished(call), Outcome::AgentHungUp);
}

#[test]
fn an_interrupted_goodbye_still_ends_the_call() {
    let mut call = with(profile());
    call.last_of([started("a"), tool_call("1", "end_call"), done("a")]);
    call.last_of([started("b"), audio("b", 500), audible(1), speech_started()]);
    call.on(flushed(1, 100));
    call.on(interrupted("b"));
    assert_eq!(finished(call), Outcome::AgentHungUp);
}

#[test]
fn the_wait_for_a_goodbye_has_a_deadline() {
    let mut call = with(profile());
    call.last_of([started("a"), tool_call("1", "end_call")]);
    let actions = call.pass(LEAVE_WITHIN);
    assert!(has(&actions, &end_session()), "{actions:?}");
}

#[test]
fn a_silent_caller_is_asked_and_then_hung_up_on() {
    let mut call = limited(Limits {
        idle: Some(10 * SECOND),
        ..Limits::default()
    });
    for (nth, words) in ["Are you there?", "Hello?"].into_iter().enumerate() {
        assert_eq!(call.pass(10 * SECOND - ms(1)), []);
        assert!(is_asked(&call.pass(ms(1)), words));
        let reply = nth.to_string();
        call.last_of([started(&reply), done(&reply)]);
    }
    assert!(is_asked(&call.pass(10 * SECOND), "Good bye."));
    call.last_of([started("bye"), done("bye")]);
    assert_eq!(finished(call), Outcome::Limit(Limit::Idle));
}

#[test]
fn a_caller_who_answers_is_not_silent() {
    let mut call = limited(Limits {
        idle: Some(10 * SECOND),
        ..Limits::default()
    });
    assert!(is_asked(&call.pass(10 * SECOND), "Are you there?"));
    call.last_of([started("a"), done("a"), speech_started()]);
    assert!(
        !is_asked(&call.pass(9 * SECOND), "Hello?"),
        "the caller speaks"
    );
    call.last_of([
        speech_stopped(),
        caller_said("Yes"),
        started("b"),
        done("b"),
    ]);
    assert!(!is_asked(&call.pass(9 * SECOND), "Hello?"));
    assert!(
        is_asked(&call.pass(SECOND), "Are you there?"),
        "the idle lines start over"
    );
}

#[test]
fn the_last_turn_is_answered_before_the_goodbye() {
    let mut call = limited(Limits {
        turns: Some(1),
        ..Limits::default()
    });
    call.last_of([speech_started(), speech_stopped()]);
    let actions = call.on(caller_said("How late is it?"));
    assert!(!is_asked(&actions, "Good bye."));
    call.on(started("a"));
    assert!(is_asked(&call.on(done("a")), "Good bye."));
    call.last_of([started("b"), done("b")]);
    assert_eq!(finished(call), Outcome::Limit(Limit::Turns));
}

#[test]
fn duration_and_cost_limits_end_a_call() {
    let cases = [
        (
            Limits {
                duration: Some(60 * SECOND),
                ..Limits::default()
            },
            Limit::Duration,
        ),
        (
            Limits {
                cost: Some(0.075),
                price: Some(4.5),
                ..Limits::default()
            },
            Limit::Cost,
        ),
    ];
    for (limits, limit) in cases {
        let mut call = limited(limits);
        assert!(!is_asked(&call.pass(60 * SECOND - ms(1)), "Good bye."));
        assert!(is_asked(&call.pass(ms(1)), "Good bye."));
        call.last_of([started("a"), done("a")]);
        assert_eq!(finished(call), Outcome::Limit(limit));
    }
}

#[test]
fn a_limit_beyond_the_range_of_the_clock_is_ignored() {
    let ever = Duration::MAX;
    let mut call = limited(Limits {
        idle: Some(ever),
        duration: Some(ever),
        cost: Some(4e15),
        price: Some(1.0),
        ..Limits::default()
    });
    assert_eq!(call.pass(SECOND), []);
    assert_eq!(call.deadline(), None);
}

#[test]
fn a_call_that_is_ending_reaches_no_limit() {
    let mut call = limited(Limits {
        duration: Some(SECOND),
        turns: Some(1),
        ..Limits::default()
    });
    call.on(room_over());
    let said = call.on(caller_said("Good bye!"));
    let reached = |it: &Action| matches!(it, Action::Observe(Fact::LimitReached(_)));
    assert!(!said.iter().chain(&call.pass(SECOND)).any(reached));
}

#[test]
fn without_a_goodbye_line_a_limit_ends_the_call_once_nobody_speaks() {
    let mut call = with(AgentProfile {
        limits: Limits {
            duration: Some(60 * SECOND),
            ..Limits::default()
        },
        ..AgentProfile::default()
    });
    call.last_of([started("a"), audio("a", 100), audible(1)]);
    assert!(!has(&call.pass(60 * SECOND), &end_session()));
    call.on(text("a", "Well", false));
    call.on(drained(1, 100));
    call.on(done("a"));
    assert_eq!(finished(call), Outcome::Limit(Limit::Duration));
}

#[test]
fn callers_are_hung_up_on_if_configured() {
    use Dismiss::{Everybody, Nobody, Telephones};
    let dismissed = |hear, dismiss| {
        let mut call = Call::new(Settings {
            profile: profile(),
            hear,
            dismiss,
            ..Settings::default()
        });
        call.last_of([
            joined_as("ada", ParticipantKind::Standard),
            joined_as("bob", ParticipantKind::Sip),
            subscribed(),
            Event::AgentOpened,
            ready(),
        ]);
        call.last_of([
            started("a"),
            tool_call("1", "end_call"),
            done("a"),
            started("b"),
        ]);
        let who = |action| match action {
            Action::Dismiss(who) => Some(who),
            _ => None,
        };
        call.on(done("b"));
        let dismissed = call.pass(HEARD_WITHIN).into_iter().filter_map(who);
        dismissed.collect::<Vec<_>>()
    };
    let none: [Identity; 0] = [];
    assert_eq!(dismissed(Hear::Linked, Everybody), ["ada".into()]);
    assert_eq!(dismissed(Hear::Linked, Telephones), none);
    assert_eq!(
        dismissed(Hear::Mix, Everybody),
        ["ada".into(), "bob".into()]
    );
    assert_eq!(dismissed(Hear::Mix, Telephones), ["bob".into()]);
    assert_eq!(dismissed(Hear::Mix, Nobody), none);
}

#[test]
fn usage_is_reported_last() {
    let mut call = limited(Limits {
        price: Some(3.6),
        ..Limits::default()
    });
    call.pass(100 * SECOND);
    call.on(Event::Shutdown);
    call.on(session_ended());
    let used = Fact::Used {
        connected: 100 * SECOND,
        cost: Some(0.1),
    };
    assert_eq!(call.measured, [Action::Observe(used)]);
}
