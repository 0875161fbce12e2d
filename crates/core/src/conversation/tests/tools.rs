//! Each tool call is answered or dropped exactly once, and never in another turn.

use super::harness::*;
use crate::conversation::ending::hang_up::HEARD_WITHIN;
use crate::conversation::tools::{ANSWER_WITHIN, MOST_OPEN, MOST_WAITING, TOO_LONG, UNKNOWN_TOOL};
use crate::conversation::*;

const WITHIN: Duration = SECOND.saturating_mul(20);

fn rule(name: &str) -> ToolRule {
    ToolRule {
        name: name.to_owned(),
        ..ToolRule::default()
    }
}

fn with_rules(rules: Vec<ToolRule>) -> Call {
    with_profile(AgentProfile {
        tools: rules,
        ..AgentProfile::default()
    })
}

fn with_profile(profile: AgentProfile) -> Call {
    Call::ready(Settings {
        profile,
        ..Settings::default()
    })
}

/// An agent with fast and slow tools, and `weather`, which the API runs.
fn kitchen() -> Call {
    with_rules(vec![rule("tea"), rule("milk")])
}

fn called(call: &str, name: &str) -> Action {
    Action::Observe(Fact::ToolCalled {
        call: call.into(),
        name: name.to_owned(),
        arguments: "{}".to_owned().into(),
    })
}

fn runs(call: &str, name: &str) -> Action {
    Action::RunTool {
        call: call.into(),
        name: name.to_owned(),
        arguments: "{}".to_owned().into(),
        within: WITHIN,
    }
}

fn gives(call: &str, result: &str) -> Event {
    Event::ToolDone {
        call: call.into(),
        result: result.to_owned().into(),
        is_error: false,
    }
}

fn dropped(call: &str, name: &str, why: ToolDropped) -> Action {
    Action::Observe(Fact::ToolDropped {
        call: call.into(),
        name: name.to_owned(),
        why,
    })
}

/// The tool results among `actions`: call ID and result.
fn answers(actions: &[Action]) -> Vec<(&str, &str)> {
    let answer = |action| match action {
        &Action::SendAgent(AgentCommand::ToolResult {
            ref call,
            ref result,
            ..
        }) => Some((call.as_str(), result.reveal().as_str())),
        _ => None,
    };
    actions.iter().filter_map(answer).collect()
}

fn thinking() -> Action {
    state(AgentState::Thinking)
}

#[test]
fn answers_to_the_model_are_json() {
    for text in [UNKNOWN_TOOL, TOO_LONG] {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(json["error"].is_string(), "{text}");
    }
}

#[test]
fn a_tool_runs_immediately_and_its_result_is_sent_after_the_reply() {
    let mut call = kitchen();
    call.on(started("a"));
    let actions = call.on(tool_call("1", "tea"));
    assert_eq!(actions, [called("1", "tea"), runs("1", "tea"), thinking()]);
    assert_eq!(answers(&call.on(gives("1", "hot"))), []);
    assert_eq!(answers(&call.on(done("a"))), [("1", "hot")]);
    let actions = call.last_of([started("b"), done("b")]);
    assert_eq!(actions, [state(AgentState::Listening)]);
    assert_eq!(call.deadline(), None);
}

#[test]
fn a_slow_tools_result_is_sent_when_nobody_speaks() {
    let mut call = kitchen();
    call.last_of([started("a"), tool_call("1", "tea"), done("a")]);
    call.last_of([speech_started(), speech_stopped(), caller_said("Well?")]);
    assert_eq!(
        answers(&call.on(gives("1", "hot"))),
        [],
        "the caller's turn"
    );
    assert_eq!(answers(&call.on(started("b"))), [], "another reply");
    assert_eq!(answers(&call.on(done("b"))), [("1", "hot")]);
}

#[test]
fn results_of_one_replys_tool_calls_are_sent_together() {
    let mut call = kitchen();
    call.last_of([started("a"), tool_call("1", "tea"), tool_call("2", "milk")]);
    call.on(done("a"));
    assert_eq!(answers(&call.on(gives("2", "cold"))), []);
    let actions = call.on(gives("1", "hot"));
    assert_eq!(answers(&actions), [("1", "hot"), ("2", "cold")]);
}

#[test]
fn an_immediate_tools_result_does_not_wait_for_the_reply() {
    let mut call = with_rules(vec![ToolRule {
        immediate: true,
        ..rule("tea")
    }]);
    call.last_of([started("a"), tool_call("1", "tea")]);
    assert_eq!(answers(&call.on(gives("1", "hot"))), [("1", "hot")]);
}

#[test]
fn an_unknown_tool_is_answered_like_any_other() {
    let mut call = kitchen();
    call.last_of([started("a"), tool_call("1", "coffee")]);
    assert_eq!(answers(&call.on(done("a"))), [("1", UNKNOWN_TOOL)]);
}

#[test]
fn a_tool_call_of_an_interrupted_reply_is_cancelled() {
    let signals: [fn() -> Event; 2] = [|| interrupted("a"), || text("a", "Well", true)];
    for signal in signals {
        for is_ready in [false, true] {
            let mut call = kitchen();
            call.last_of([started("a"), tool_call("1", "tea")]);
            if is_ready {
                call.on(gives("1", "hot"));
            }
            let actions = call.on(signal());
            let why = dropped("1", "tea", ToolDropped::Interrupted);
            assert!(actions.contains(&why), "{actions:?}");
            let is_cancelled = actions.contains(&Action::CancelTool("1".into()));
            assert_eq!(is_cancelled, !is_ready);
            let later = call.last_of([gives("1", "hot"), interrupted("a"), started("b")]);
            assert_eq!(answers(&later), []);
            call.on(done("b"));
            assert_eq!(call.deadline(), None);
        }
    }
}

#[test]
fn an_interruption_reported_after_the_next_reply_cancels_too() {
    let mut call = kitchen();
    call.last_of([started("a"), audio("a", 100), tool_call("1", "tea")]);
    call.last_of([started("b"), tool_call("2", "milk")]);
    let actions = call.on(interrupted("a"));
    assert!(actions.contains(&dropped("1", "tea", ToolDropped::Interrupted)));
    assert!(actions.contains(&Action::CancelTool("1".into())));
    let answered = call.last_of([gives("1", "hot"), gives("2", "cold"), done("b")]);
    assert_eq!(answers(&answered), [("2", "cold")]);
}

#[test]
fn a_tool_that_survives_interruptions_is_answered_later() {
    let mut call = with_rules(vec![ToolRule {
        survives_interruption: true,
        ..rule("tea")
    }]);
    call.last_of([started("a"), tool_call("1", "tea")]);
    call.last_of([speech_started(), interrupted("a")]);
    assert_eq!(answers(&call.on(gives("1", "hot"))), []);
    call.last_of([speech_stopped(), started("b")]);
    assert_eq!(answers(&call.on(done("b"))), [("1", "hot")]);
}

#[test]
fn an_interrupted_filler_does_not_cancel_its_tool_call() {
    let mut call = with_rules(vec![ToolRule {
        fillers: vec!["One moment.".to_owned().into()],
        filler_after: SECOND,
        ..rule("tea")
    }]);
    call.last_of([started("a"), tool_call("1", "tea"), done("a")]);
    let actions = call.pass(SECOND);
    let asked = actions.iter().any(|action| {
        matches!(action, Action::SendAgent(AgentCommand::CreateReply { instructions: Some(it) })
            if it.reveal().ends_with("One moment."))
    });
    assert!(asked, "{actions:?}");
    call.last_of([started("f"), speech_started(), interrupted("f")]);
    call.last_of([speech_stopped(), started("b"), gives("1", "hot")]);
    assert_eq!(answers(&call.on(done("b"))), [("1", "hot")]);
}

#[test]
fn no_filler_is_said_once_the_result_is_there() {
    let mut call = with_rules(vec![ToolRule {
        fillers: vec!["One moment.".to_owned().into()],
        filler_after: SECOND,
        ..rule("tea")
    }]);
    call.last_of([started("a"), tool_call("1", "tea")]);
    call.pass(SECOND);
    call.on(gives("1", "hot"));
    assert_eq!(answers(&call.on(done("a"))), [("1", "hot")]);
    let actions = call.last_of([started("b"), done("b")]);
    assert_eq!(actions, [state(AgentState::Listening)]);
}

#[test]
fn a_tool_that_times_out_is_cancelled_and_answered() {
    let mut call = kitchen();
    call.last_of([started("a"), tool_call("1", "tea"), done("a")]);
    let actions = call.pass(WITHIN);
    assert!(actions.contains(&Action::CancelTool("1".into())));
    let [(_, why)] = answers(&actions)[..] else {
        panic!("{actions:?}");
    };
    assert!(why.contains("in time"), "{why}");
    assert_eq!(answers(&call.on(gives("1", "hot"))), [], "too late");
}

#[test]
fn a_result_is_sent_late_rather_than_lost() {
    let mut call = kitchen();
    call.last_of([started("a"), tool_call("1", "tea"), gives("1", "hot")]);
    assert_eq!(answers(&call.pass(ANSWER_WITHIN - ms(1))), []);
    assert_eq!(answers(&call.pass(ms(1))), [("1", "hot")]);
}

#[test]
fn an_excessive_number_of_tool_calls_is_refused() {
    let mut call = with_profile(AgentProfile {
        tools: vec![rule("tea")],
        limits: Limits {
            tool_calls_in_reply: u32::MAX,
            same_tool_calls: u32::MAX,
            ..Limits::default()
        },
        ..AgentProfile::default()
    });
    call.on(started("a"));
    for nth in 0..MOST_OPEN {
        let actions = call.on(tool_call(&nth.to_string(), "tea"));
        assert!(
            actions
                .iter()
                .any(|it| matches!(it, Action::RunTool { .. }))
        );
    }
    let actions = call.on(tool_call("last", "tea"));
    assert_eq!(actions, [called("last", "tea")], "it is not run");
    for nth in MOST_OPEN + 1..MOST_WAITING {
        call.on(tool_call(&nth.to_string(), "tea"));
    }
    let too_many = dropped("beyond", "tea", ToolDropped::TooMany);
    assert_eq!(call.on(tool_call("beyond", "tea")), [too_many]);
}

#[test]
fn a_call_id_counts_once() {
    let mut call = kitchen();
    call.last_of([started("a"), tool_call("1", "tea")]);
    let twice = dropped("1", "milk", ToolDropped::Twice);
    assert_eq!(call.on(tool_call("1", "milk")), [twice]);
    assert_eq!(
        answers(&call.last_of([gives("1", "hot"), done("a")])),
        [("1", "hot")]
    );
    let twice = dropped("1", "tea", ToolDropped::Twice);
    assert_eq!(call.on(tool_call("1", "tea")), [twice]);
}

#[test]
fn tools_that_the_api_runs_are_never_answered() {
    let mut call = kitchen();
    let at_server = |call| dropped(call, "weather", ToolDropped::AtServer);
    assert_eq!(call.on(tool_call("1", "weather")), [at_server("1")]);
    call.on(started("a"));
    assert_eq!(call.on(tool_call("2", "weather")), [at_server("2")]);
    assert_eq!(call.on(done("a")), []);
}

#[test]
fn tool_calls_in_a_loop_are_refused() {
    let mut call = kitchen();
    for nth in 0..6 {
        let name = format!("{nth}");
        call.last_of([started(&name), tool_call(&name, "tea"), done(&name)]);
        let is_refused = nth >= 4;
        let answered = call.on(gives(&name, "hot"));
        assert_eq!(answers(&answered).is_empty(), is_refused, "call {nth}");
    }
    call.last_of([speech_started(), speech_stopped(), started("x"), done("x")]);
    call.last_of([started("y"), tool_call("y", "tea"), done("y")]);
    assert_eq!(
        answers(&call.on(gives("y", "hot"))),
        [("y", "hot")],
        "allowed again after a turn of the caller"
    );
}

#[test]
fn exceeding_the_tool_call_limit_ends_the_call() {
    let mut call = with_profile(AgentProfile {
        tools: vec![rule("tea")],
        limits: Limits {
            tool_calls: Some(1),
            ..Limits::default()
        },
        ..AgentProfile::default()
    });
    call.last_of([
        started("a"),
        tool_call("1", "tea"),
        gives("1", "hot"),
        done("a"),
    ]);
    let actions = call.last_of([started("b"), tool_call("2", "tea")]);
    let fact = Action::Observe(Fact::LimitReached(Limit::ToolCalls));
    assert!(actions.contains(&fact), "{actions:?}");
    let actions = call.on(done("b"));
    assert!(
        !actions.contains(&end_session()),
        "the reply should be heard first"
    );
    call.last_of([started("c"), done("c")]);
    let actions = call.pass(HEARD_WITHIN);
    assert!(actions.contains(&end_session()), "{actions:?}");
    let actions = call.on(session_ended());
    let outcome = Outcome::Limit(Limit::ToolCalls);
    assert!(actions.contains(&Action::Finish(outcome)), "{actions:?}");
}

#[test]
fn a_resumed_session_gets_its_results() {
    let mut call = Call::new(Settings {
        profile: AgentProfile {
            tools: vec![rule("tea")],
            ..AgentProfile::default()
        },
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened, resumable()]);
    call.last_of([started("a"), tool_call("1", "tea"), lost()]);
    assert_eq!(answers(&call.on(gives("1", "hot"))), []);
    call.on(Event::AgentOpened);
    assert_eq!(answers(&call.on(resumable())), [("1", "hot")]);
}

#[test]
fn a_replacement_session_gets_no_results_of_the_lost_one() {
    let mut call = kitchen();
    call.last_of([
        started("a"),
        tool_call("1", "tea"),
        lost(),
        Event::AgentOpened,
    ]);
    let actions = call.on(ready());
    assert!(actions.contains(&dropped("1", "tea", ToolDropped::SessionLost)));
    assert!(actions.contains(&Action::CancelTool("1".into())));
    assert_eq!(answers(&call.on(gives("1", "hot"))), []);
}

#[test]
fn hanging_up_cancels_tool_calls() {
    let mut call = kitchen();
    let actions = call.last_of([started("a"), tool_call("1", "tea"), room_over()]);
    assert!(actions.contains(&dropped("1", "tea", ToolDropped::HungUp)));
    assert!(actions.contains(&Action::CancelTool("1".into())));
}

#[test]
fn the_reply_to_a_result_does_not_cut_off_the_previous_reply() {
    let mut call = Call::ready(Settings {
        profile: AgentProfile {
            tools: vec![rule("tea")],
            ..AgentProfile::default()
        },
        barge_in: BargeIn::Confirmed,
        ..Settings::default()
    });
    call.last_of([
        started("a"),
        audio("a", 1_000),
        audible(1),
        tool_call("1", "tea"),
        gives("1", "hot"),
    ]);
    call.last_of([speech_started(), done("a")]);
    assert_eq!(call.on(started("b")), []);
    assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
}
