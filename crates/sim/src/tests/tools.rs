//! Tests of tool calls: made, answered, answered wrongly, held, and timed out.

use serde_json::{Value, json};

use super::kinds;
use super::peer::{Client, Served, quick, stepping, turn};
use crate::*;

/// A session with a plain tool, one that holds and one with a short timeout.
fn session() -> Value {
    json!({"tools": [
        {"type": "function", "name": "book_table"},
        {"type": "function", "name": "look_up", "execution_mode": "hold"},
        {"type": "function", "name": "hurry", "timeout_seconds": 1},
    ]})
}

/// A client whose first turn makes the simulator call `tool`.
async fn calling(tool: &str, options: Options) -> Client {
    let options = Options {
        tool_rules: vec![tool.parse().unwrap()],
        ..options
    };
    let mut client = Served::start(options).await.connect("key").await;
    client.ready(session()).await;
    client.speak(&turn()).await;
    client
}

async fn answer(client: &mut Client, call: &Value, result: Value) {
    let call = &call["call_id"];
    client
        .send(json!({"type": "tool.result", "call_id": call, "result": result}))
        .await;
}

/// The last message of this type.
fn last<'a>(messages: &'a [Value], kind: &str) -> &'a Value {
    messages.iter().rfind(|it| it["type"] == kind).unwrap()
}

#[tokio::test]
async fn a_turn_leads_to_a_tool_call_and_its_result_to_a_reply() {
    let mut client = calling(r#"speech=book_table:{"people":2}"#, quick()).await;
    let messages = client.until("reply.done").await;
    let mut order = kinds(&messages);
    order.dedup();
    let from = order
        .iter()
        .position(|it| *it == "transcript.user")
        .unwrap();
    assert_eq!(
        order[from..],
        [
            "transcript.user",
            "reply.started",
            "reply.audio",
            "tool.call",
            "reply.audio",
            "reply.done"
        ]
    );
    let call = last(&messages, "tool.call");
    assert_eq!(
        (&call["name"], &call["arguments"]),
        (&json!("book_table"), &json!({"people": 2}))
    );
    assert!(
        call["call_id"]
            .as_str()
            .unwrap()
            .starts_with("chatcmpl-tool-")
    );

    answer(&mut client, call, "it is booked".into()).await;
    let messages = client.until("reply.done").await;
    assert_eq!(last(&messages, "transcript.agent")["text"], "it is booked");
    let log = &client.log;
    let called = Entry::ToolCalled {
        name: "book_table".to_owned(),
    };
    assert_eq!(log.count(&called), 1);
    assert_eq!(log.count(&Entry::ToolAnswered { is_error: false }), 1);
    assert_eq!(log.count(&Entry::EarlyResult), 0);
    assert_eq!(log.answers()[0].reveal(), "it is booked");
    assert_eq!(log.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_invalid_result_is_refused() {
    let mut client = calling("1=book_table", quick()).await;
    let messages = client.until("reply.done").await;
    let call = last(&messages, "tool.call");
    let id = &call["call_id"];
    for wrong in [
        json!({"type": "tool.result", "call_id": "call_1", "result": ""}),
        json!({"type": "tool.result", "call_id": id, "result": {}}),
        json!({"type": "tool.result", "call_id": id}),
        json!({"type": "tool.result", "result": ""}),
    ] {
        client.send(wrong).await;
        assert_eq!(client.next().await.unwrap()["code"], "invalid_value");
    }
    answer(&mut client, call, "1".into()).await;
    answer(&mut client, call, "1".into()).await;
    assert_eq!(client.next().await.unwrap()["code"], "invalid_value");
    assert_eq!(client.log.violations().len(), 5);
    client.until("reply.done").await;
}

#[tokio::test]
async fn a_result_before_reply_done_is_accepted_and_logged() {
    let steps = "[[step]]\non = 'reply.done'\ndo.delay_ms = 300";
    let mut client = calling("1=book_table", stepping(steps)).await;
    let messages = client.until("tool.call").await;
    answer(&mut client, last(&messages, "tool.call"), "early".into()).await;
    client.until("reply.done").await;
    let messages = client.until("reply.done").await;
    assert_eq!(last(&messages, "transcript.agent")["text"], "early");
    assert_eq!(client.log.count(&Entry::EarlyResult), 1);
}

#[tokio::test]
async fn several_calls_of_one_reply_are_answered_together() {
    let steps = "[[step]]\non = 'session.ready'\n\
        do.tool = [{ name = 'book_table' }, { name = 'hurry', says = 'One moment.' }]";
    let mut client = Served::start(stepping(steps)).await.connect("key").await;
    client.ready(session()).await;
    let messages = client.until("reply.done").await;
    assert_eq!(last(&messages, "transcript.agent")["text"], "One moment.");
    let calls: Vec<_> = messages
        .iter()
        .filter(|it| it["type"] == "tool.call")
        .collect();
    assert_eq!(calls.len(), 2);
    answer(&mut client, calls[0], "a".into()).await;
    answer(&mut client, calls[1], "b".into()).await;
    let messages = client.until("reply.done").await;
    assert_eq!(last(&messages, "transcript.agent")["text"], "a b");
}

#[tokio::test]
async fn a_call_of_an_interrupted_reply_can_be_answered_but_no_reply_follows() {
    let options = Options {
        pace: Pace::RealTime,
        ..stepping("[[step]]\non = 'tool.call'\ndo.longer_s = 5.0")
    };
    let mut client = calling("1=book_table", options).await;
    let messages = client.until("tool.call").await;
    client.speak(&turn()[..12_000]).await;
    let over = client.until("reply.done").await;
    assert_eq!(over.last().unwrap()["status"], "interrupted");
    answer(&mut client, last(&messages, "tool.call"), "late".into()).await;
    client.send(json!({"type": "reply.cancel"})).await;
    assert_eq!(client.next().await.unwrap()["type"], "session.error");
    assert_eq!(
        client.log.count(&Entry::ToolAnswered { is_error: false }),
        1
    );
    client.speak(&turn()).await;
    let next = client.until("reply.done").await;
    assert_ne!(last(&next, "transcript.agent")["text"], "late");
}

#[tokio::test]
async fn a_tool_that_holds_keeps_the_agent_silent() {
    let mut client = calling("1=look_up", quick()).await;
    let messages = client.until("tool.call").await;
    assert!(!kinds(&messages).contains(&"reply.started"));
    client.speak(&turn()).await;
    let meanwhile = client.until("input.speech.stopped").await;
    let is_told = |it: &&str| it.starts_with("transcript.user");
    assert!(!kinds(&meanwhile).iter().any(is_told));
    client.send(json!({"type": "reply.create"})).await;
    let status = client.until("reply.done").await;
    assert!(!kinds(&status).iter().any(is_told));
    answer(&mut client, last(&messages, "tool.call"), "found".into()).await;
    let messages = client.until("reply.done").await;
    assert!(is_told(&kinds(&messages)[0]));
    assert_eq!(last(&messages, "transcript.agent")["text"], "found");
    assert_eq!(client.log.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_agent_apologises_when_a_tool_times_out() {
    let mut client = calling("1=hurry", quick()).await;
    client.until("reply.done").await;
    let messages = client.until("reply.done").await;
    let said = last(&messages, "transcript.agent")["text"]
        .as_str()
        .unwrap();
    assert!(said.contains("sorry"), "{said}");
}

#[tokio::test]
async fn a_tool_of_the_server_answers_by_itself() {
    let steps = "[[step]]\non = 'session.ready'\n\
        do.tool = [{ name = 'weather', server = true }]";
    let mut client = Served::start(stepping(steps)).await.connect("key").await;
    client.ready(session()).await;
    let messages = client.until("reply.done").await;
    answer(&mut client, last(&messages, "tool.call"), "mine".into()).await;
    assert_eq!(client.next().await.unwrap()["code"], "invalid_value");
    client.until("reply.done").await;
}

#[tokio::test]
async fn a_tool_that_the_session_does_not_have_is_not_called() {
    let mut client = calling("1=unknown", quick()).await;
    let messages = client.until("reply.done").await;
    assert!(!kinds(&messages).contains(&"tool.call"));
}
