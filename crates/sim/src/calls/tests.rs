//! Tests of the tool calls of a session.

use super::*;

/// A session that has called two tools in one reply.
fn two(settings: ToolSettings) -> (ToolCalls, String, String) {
    let mut calls = ToolCalls::default();
    let now = Instant::now();
    let first = calls.open("r", settings, now);
    let second = calls.open("r", settings, now);
    (calls, first, second)
}

#[tokio::test(start_paused = true)]
async fn the_agent_replies_when_all_calls_are_answered_and_the_reply_is_done() {
    let (mut calls, first, second) = two(ToolSettings::default());
    assert!(calls.answer(&first, "a").unwrap().is_early);
    calls.reply_is_done("r");
    assert_eq!(calls.next_outcome(), None);
    assert!(!calls.answer(&second, "b").unwrap().is_early);
    let said = Outcome::Answered("a b".to_owned());
    assert_eq!(calls.next_outcome(), Some(said));
    assert_eq!(calls.next_outcome(), None);
    let again = calls.answer(&first, "a").unwrap_err();
    assert_eq!(again.code, "invalid_value");
    assert_eq!(
        calls.answer("other", "a").unwrap_err().code,
        "invalid_value"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_follows_an_interrupted_reply() {
    let (mut calls, first, second) = two(ToolSettings::default());
    calls.forget("r");
    assert!(!calls.answer(&first, "a").unwrap().is_early);
    calls.answer(&second, "b").unwrap();
    calls.reply_is_done("r");
    assert_eq!(calls.next_outcome(), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_times_out() {
    let (mut calls, first, _) = two(ToolSettings::default());
    calls.reply_is_done("r");
    calls.answer(&first, "a").unwrap();
    let due = calls.due().unwrap();
    assert_eq!(due, Instant::now() + TIMEOUT);
    calls.expire(due);
    assert_eq!(calls.next_outcome(), Some(Outcome::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_client_cannot_answer_a_tool_of_the_server() {
    let settings = ToolSettings {
        is_servers: true,
        ..ToolSettings::default()
    };
    let (mut calls, first, _) = two(settings);
    calls.reply_is_done("r");
    assert_eq!(calls.answer(&first, "a").unwrap_err().code, "invalid_value");
    calls.expire(calls.due().unwrap());
    assert_eq!(calls.next_outcome(), Some(Outcome::Answered(String::new())));
}

#[tokio::test(start_paused = true)]
async fn buffered_messages_are_released_when_the_hold_ends() {
    let settings = ToolSettings {
        holds: true,
        ..ToolSettings::default()
    };
    let (mut calls, first, second) = two(settings);
    calls.buffer("said".into());
    calls.answer(&first, "a").unwrap();
    assert!(calls.is_holding() && calls.take_buffered().is_empty());
    calls.answer(&second, "b").unwrap();
    assert!(!calls.is_holding());
    assert_eq!(calls.take_buffered(), ["said"]);
}

#[test]
fn terms_come_from_the_session() {
    let asked = serde_json::json!({"tools": [
        {"name": "plain"},
        {"name": "slow", "timeout_seconds": 7, "execution_mode": "hold"},
        {"name": "theirs", "http": {"url": "https://example.com"}},
    ]});
    assert_eq!(
        ToolSettings::of(&asked, "plain"),
        Some(ToolSettings::default())
    );
    let slow = ToolSettings::of(&asked, "slow").unwrap();
    assert!(slow.holds && slow.timeout == Duration::from_secs(7));
    assert!(ToolSettings::of(&asked, "theirs").unwrap().is_servers);
    assert_eq!(ToolSettings::of(&asked, "unknown"), None);
}
