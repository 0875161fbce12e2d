//! A tool call never hangs.

use super::harness::*;
use crate::conversation::tool::{ANSWER_WITHIN, UNKNOWN_TOOL, WAITING};
use crate::conversation::*;

fn unknown(name: &str) -> Action {
    Action::Observe(Fact::UnknownTool {
        name: name.to_owned(),
    })
}

fn answer(call: &str) -> Action {
    Action::SendAgent(AgentCommand::ToolResult {
        call: call.into(),
        result: UNKNOWN_TOOL.to_owned().into(),
        is_error: true,
    })
}

#[test]
fn the_answer_is_json() {
    let json: serde_json::Value = serde_json::from_str(UNKNOWN_TOOL).unwrap();
    assert!(json["error"].is_string());
}

#[test]
fn an_unknown_tool_is_answered_after_the_reply_that_called() {
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    assert_eq!(call.on(tool_call("1", "tea")), [unknown("tea")]);
    assert_eq!(call.on(tool_call("2", "milk")), [unknown("milk")]);
    let thinking = state(AgentState::Thinking);
    assert_eq!(call.on(done("a")), [answer("1"), answer("2"), thinking]);
    assert_eq!(
        call.last_of([started("b"), done("b")]),
        [state(AgentState::Listening)]
    );
}

#[test]
fn an_answer_is_dropped_when_its_reply_was_interrupted() {
    let signals: [fn() -> Event; 2] = [|| interrupted("a"), || text("a", "Well", true)];
    for signal in signals {
        let mut call = Call::ready(Settings::default());
        call.last_of([started("a"), tool_call("1", "tea")]);
        assert_eq!(call.on(signal()), []);
        assert_eq!(
            call.last_of([interrupted("a"), started("b"), done("b")]),
            []
        );
        assert_eq!(call.deadline(), None);
    }
}

#[test]
fn without_an_open_reply_the_answer_comes_at_once() {
    let mut call = Call::ready(Settings::default());
    let thinking = state(AgentState::Thinking);
    let actions = call.on(tool_call("1", "tea"));
    assert_eq!(actions, [unknown("tea"), answer("1"), thinking]);
}

#[test]
fn an_answer_is_late_rather_than_lost() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), tool_call("1", "tea")]);
    assert_eq!(call.pass(ANSWER_WITHIN - ms(1)), []);
    assert_eq!(call.pass(ms(1)), [answer("1"), state(AgentState::Thinking)]);
}

#[test]
fn too_many_calls_are_answered_early() {
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    for _ in 0..WAITING {
        assert_eq!(call.on(tool_call("1", "tea")).len(), 1);
    }
    let actions = call.on(tool_call("2", "tea"));
    assert_eq!(
        actions
            .iter()
            .filter(|action| **action == answer("1"))
            .count(),
        WAITING
    );
    assert!(actions.contains(&answer("2")));
}

#[test]
fn tools_of_the_server_are_never_answered() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(call.on(tool_call("1", "weather")), []);
    assert_eq!(
        call.last_of([started("a"), tool_call("2", "weather"), done("a")]),
        []
    );
}

#[test]
fn the_answers_reply_does_not_cut_off_the_one_before() {
    let mut call = Call::with(BargeIn::Confirmed);
    call.last_of([
        started("a"),
        audio("a", 1_000),
        audible(1),
        tool_call("1", "tea"),
    ]);
    call.last_of([speech_started(), done("a")]);
    assert_eq!(call.on(started("b")), []);
    assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
}
