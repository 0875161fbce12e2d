//! Tests of each action of scenario steps.

use serde_json::{Value, json};

use super::kinds;
use super::peer::{Client, Served, stepping, turn};
use crate::*;

/// A client with a ready session, and its `session.ready`.
async fn ready(steps: &str, session: Value) -> (Client, Value) {
    let mut client = Served::start(stepping(steps)).await.connect("key").await;
    let ready = client.ready(session).await;
    (client, ready)
}

/// Types of the messages of a greeting, with consecutive audio messages merged.
async fn greeted(steps: &str, messages: usize) -> Vec<String> {
    let (mut client, _) = ready(steps, json!({"greeting": "Hello"})).await;
    let mut order = Vec::<String>::new();
    while order.len() < messages {
        let kind = client.next().await.unwrap()["type"]
            .as_str()
            .unwrap()
            .to_owned();
        if kind != "reply.audio" || order.last() != Some(&kind) {
            order.push(kind);
        }
    }
    order
}

#[tokio::test]
async fn placeholders_in_a_sent_message_are_filled_in() {
    let steps = "[[step]]\non = 'reply.started'\nbefore = true\n\
        do.send = { type = 'x', ids = ['$session', '$reply', 'a $item'], none = '$null', long = '$pad:9' }";
    let (mut client, ready) = ready(steps, json!({"greeting": "Hello"})).await;
    let sent = client.next().await.unwrap();
    let started = client.next().await.unwrap();
    assert_eq!(started["type"], "reply.started");
    let item = format!("a {}", started["item_id"].as_str().unwrap());
    assert_eq!(
        sent["ids"],
        json!([ready["session_id"], started["reply_id"], item])
    );
    assert_eq!(
        (&sent["none"], &sent["long"]),
        (&Value::Null, &json!("xxxxxxxxx"))
    );
    assert!(sent["timestamp"].is_f64());
}

#[tokio::test]
async fn messages_are_dropped_repeated_and_swapped() {
    let dropped = greeted("[[step]]\non = 'transcript.agent'\ndo.drop = 1", 5).await;
    assert_eq!(dropped[4], "reply.done", "{dropped:?}");
    let repeated = greeted("[[step]]\non = 'reply.started'\ndo.repeat = 2", 4).await;
    assert_eq!(repeated[..3], ["reply.started"; 3]);
    let swapped = greeted("[[step]]\non = 'transcript.agent'\ndo.swap = true", 6).await;
    assert_eq!(swapped[4..], ["reply.done", "transcript.agent"]);
}

#[tokio::test]
async fn later_messages_overtake_a_delayed_one() {
    let late = greeted("[[step]]\non = 'reply.started'\ndo.delay_ms = 100", 6).await;
    assert_eq!(late[4..], ["reply.done", "reply.started"]);
}

#[tokio::test]
async fn fields_are_set_and_removed() {
    let steps = "[[step]]\non = 'reply.done'\ndo.set = { status = 7 }\n\
        [[step]]\non = 'reply.done'\ndo.remove = ['reply_id']";
    let (mut client, _) = ready(steps, json!({"greeting": "Hello"})).await;
    let done = client.until("reply.done").await.pop().unwrap();
    assert_eq!(
        (&done["status"], &done["reply_id"]),
        (&json!(7), &Value::Null)
    );
}

#[tokio::test]
async fn a_client_message_can_be_ignored() {
    let steps = "[[step]]\non = 'session.update'\nnth = 2\ndo.drop = 1";
    let (mut client, _) = ready(steps, json!({})).await;
    for prompt in ["lost", "heard"] {
        client
            .send(json!({"type": "session.update", "session": {"system_prompt": prompt}}))
            .await;
    }
    let updated = client.next().await.unwrap();
    assert_eq!(updated["config"]["system_prompt"], "heard");
}

#[tokio::test]
async fn a_connection_can_be_cut_or_closed() {
    for (what, kind, code) in [
        ("cut = true", None, None),
        ("close = { code = 1000 }", None, Some(1000)),
        (
            "close = { code = 1011, error = 'internal_error' }",
            Some("internal_error"),
            Some(1011),
        ),
    ] {
        let (mut client, _) = ready(
            &format!("[[step]]\non = 'session.ready'\ndo.{what}"),
            json!({}),
        )
        .await;
        if let Some(kind) = kind {
            assert_eq!(client.next().await.unwrap()["code"], kind);
        }
        assert_eq!(client.next().await, Err(code), "{what}");
    }
}

#[tokio::test]
async fn steps_on_the_same_event_run_in_order_and_are_logged_once() {
    let steps = "[[step]]\non = 'reply.audio'\nnth = 0\ndo.set = { extra = 1 }\n\
        [[step]]\non = 'reply.done'\nafter_ms = 50\ndo.text = 'no json'\n\
        [[step]]\non = 'reply.done'\nafter_ms = 100\ndo.audio_s = 0.025";
    let (mut client, _) = ready(steps, json!({"greeting": "Hello"})).await;
    let messages = client.until("reply.done").await;
    let reply = &messages.last().unwrap()["reply_id"];
    for _ in 0..3 {
        let late = client.next().await.unwrap();
        assert_eq!(
            (&late["type"], &late["reply_id"]),
            (&json!("reply.audio"), reply)
        );
    }
    for step in 0..3 {
        assert_eq!(client.log.count(&Entry::Acted(step)), 1);
    }
}

#[tokio::test]
async fn a_moment_can_be_dropped() {
    let steps = "[[step]]\non = 'caller.starts'\ndo.drop = 1\n\
        [[step]]\non = 'caller.stops'\nnth = 2\ndo.send = { type = 'session.weather' }";
    let (mut client, _) = ready(steps, json!({})).await;
    client.speak(&turn()).await;
    let first = client.until("reply.done").await;
    assert!(!kinds(&first).contains(&"input.speech.started"));
    client.speak(&turn()).await;
    let second = client.until("session.weather").await;
    assert!(kinds(&second).contains(&"input.speech.started"));
}

#[tokio::test]
async fn steps_only_apply_to_their_session() {
    let served = Served::start(stepping(
        "[[step]]\non = 'session.ready'\nsession = 2\ndo.cut = true",
    ));
    let served = served.await;
    let mut first = served.connect("key").await;
    first.ready(json!({})).await;
    let mut second = served.connect("key").await;
    second.ready(json!({})).await;
    assert_eq!(second.next().await, Err(None));
    first.send(json!({"type": "session.end"})).await;
    assert_eq!(first.next().await.unwrap()["type"], "session.ended");
}
