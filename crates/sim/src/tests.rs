//! Tests of the simulator over loopback, with a scripted client.
#![allow(clippy::print_stdout, reason = "figures are printed")]

mod files;
mod model;
mod peer;
mod record;
mod resume;
mod steps;
mod strict;
mod tools;

use serde_json::{Value, json};

use super::*;
use peer::{Client, Served, playing};

async fn client(options: Options) -> Client {
    Served::start(options).await.connect("key").await
}

fn kinds(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_greeting_has_the_message_order_of_the_real_api() {
    let mut client = client(Options {
        pace: Pace::Burst,
        ..Options::default()
    })
    .await;
    client
        .send(json!({"type": "session.update", "session": {"greeting": "Hello there"}}))
        .await;
    let messages = client.until("reply.done").await;
    let mut order = kinds(&messages);
    order.dedup();
    assert_eq!(
        order,
        [
            "session.updated",
            "session.ready",
            "reply.started",
            "reply.audio",
            "transcript.agent.delta",
            "reply.audio",
            "transcript.agent",
            "reply.done",
        ]
    );
    client.send(json!({"type": "session.end"})).await;
    assert_eq!(client.next().await.unwrap()["type"], "session.ended");
    assert_eq!(client.next().await, Err(Some(1000)));
}

#[tokio::test]
async fn a_bad_first_update_is_fatal_and_a_later_one_is_not() {
    let mut bad = client(Options::default()).await;
    bad.send(json!({"type": "session.update", "session": {"output": {"voice": "ivy"}}}))
        .await;
    let refused = bad.next().await.unwrap();
    assert_eq!(
        (&refused["code"], &refused["param"]),
        (&json!("invalid_value"), &json!("output.voice"))
    );
    assert_eq!(bad.next().await, Err(Some(1008)));

    let mut later = client(Options::default()).await;
    later.ready(json!({})).await;
    later
        .send(json!({"type": "session.update", "session": {"greeting": "x"}}))
        .await;
    assert_eq!(later.next().await.unwrap()["code"], "immutable_field");
    later
        .send(json!({"type": "session.update", "session": {"system_prompt": "x"}}))
        .await;
    assert_eq!(later.next().await.unwrap()["type"], "session.updated");
}

#[tokio::test]
async fn violations_are_refused_and_logged() {
    let mut client = client(Options::default()).await;
    client
        .send(json!({"type": "input.audio", "audio": ""}))
        .await;
    assert_eq!(client.next().await.unwrap()["code"], "invalid_format");
    client.ready(json!({})).await;
    for (message, code) in [
        (json!({"type": "input.text"}), "invalid_format"),
        (
            json!({"type": "input.audio", "audio": "?"}),
            "invalid_audio",
        ),
        (
            json!({"type": "tool.result", "call_id": "c", "result": {}}),
            "invalid_value",
        ),
        (json!([]), "invalid_format"),
    ] {
        client.send(message).await;
        assert_eq!(client.next().await.unwrap()["code"], code);
    }
    assert_eq!(client.log.violations().len(), 5);
}

#[tokio::test]
async fn a_wrong_key_is_refused_after_the_first_message() {
    let mut client = client(Options {
        key: Some("another".to_owned()),
        ..Options::default()
    })
    .await;
    client
        .send(json!({"type": "session.update", "session": {}}))
        .await;
    assert_eq!(client.next().await.unwrap()["code"], "unauthorized");
    assert_eq!(client.next().await, Err(Some(1008)));
}

#[tokio::test]
async fn a_parrot_repeats_what_it_heard() {
    let mut client = client(Options {
        pace: Pace::Burst,
        onset: Duration::from_millis(200),
        end_of_turn: Duration::from_millis(400),
        ..Options::default()
    })
    .await;
    client.ready(json!({})).await;
    let mut samples = clips::find("caller-hours").unwrap().samples();
    samples.extend([0; 24_000]);
    client.speak(&samples).await;
    let messages = client.until("reply.done").await;
    let said = messages
        .iter()
        .find(|it| it["type"] == "transcript.user")
        .unwrap();
    assert_eq!(said["text"], "What are your opening hours?");
    let order = kinds(&messages);
    let at = |kind: &str| order.iter().position(|it| *it == kind).unwrap();
    assert!(at("input.speech.started") < at("transcript.user.delta"));
    assert!(at("transcript.user.delta") < at("input.speech.stopped"));
    assert!(at("transcript.user") < at("reply.started"));
    assert_eq!(client.log.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_interruption_is_three_messages_at_once() {
    let mut client = client(Options {
        barge_in: Duration::from_millis(200),
        ..Options::default()
    })
    .await;
    client
        .ready(json!({"greeting": "Hello, this is Parlor. How can I help you today?"}))
        .await;
    let stop = clips::find("caller-stop").unwrap().samples();
    client.speak(&stop[..24_000]).await;
    let messages = client.until("reply.done").await;
    let last: Vec<_> = messages.iter().rev().take(3).rev().collect();
    assert_eq!(last[0]["type"], "input.speech.started");
    assert_eq!(last[1]["interrupted"], true);
    assert_eq!(last[2]["status"], "interrupted");
    let times: Vec<_> = last
        .iter()
        .map(|it| it["timestamp"].as_f64().unwrap())
        .collect();
    println!(
        "barge-in: {:.2} ms from first to last",
        (times[2] - times[0]) * 1e3
    );
    let whole = "Hello, this is Parlor. How can I help you today?";
    let heard = last[1]["text"].as_str().unwrap();
    assert!(
        whole.starts_with(heard) && heard.len() < whole.len(),
        "{heard}"
    );
}

#[tokio::test]
async fn bundled_scenarios_do_what_they_say() {
    let names = [
        "malformed-json",
        "unknown-event",
        "huge-message",
        "iso-timestamps",
        "missing-status",
        "missing-reply-id",
        "odd-chunks",
    ];
    let mut client = client(Options {
        pace: Pace::Burst,
        ..playing(&names)
    })
    .await;
    client.ready(json!({"greeting": "Hi"})).await;
    let messages = client.until("reply.done").await;
    assert!(kinds(&messages).contains(&"session.weather"));
    assert!(messages.iter().any(|it| it.to_string().len() > 2_000_000));
    let audio: Vec<_> = messages
        .iter()
        .filter(|it| it["type"] == "reply.audio")
        .collect();
    assert!(audio.iter().all(|it| it["timestamp"].is_string()));
    assert!(audio.iter().all(|it| it.get("reply_id").is_none()));
    assert!(messages.last().unwrap().get("status").is_none());

    for (name, code) in [("cut", None), ("failure", Some(1011))] {
        let mut client = self::client(playing(&[name])).await;
        client.ready(json!({})).await;
        assert_eq!(client.next().await, Err(code));
    }
}
