//! Tests of the rest of the API: replies on demand, stored agents, credentials and handshakes.

use serde_json::{Value, json};

use super::kinds;
use super::peer::{Client, Served, quick, stepping};
use crate::*;

const AGENT: &str = "agent_0123456789abcdef0123456789abcdef";

async fn update(client: &mut Client, session: Value) -> Value {
    client
        .send(json!({"type": "session.update", "session": session}))
        .await;
    client.next().await.unwrap()
}

#[tokio::test]
async fn a_requested_reply_replaces_the_greeting() {
    let slow = Options {
        pace: Pace::RealTime,
        ..quick()
    };
    let mut client = Served::start(slow).await.connect("key").await;
    client.ready(json!({"greeting": "Hello there"})).await;
    client.until("reply.audio").await;
    client
        .send(json!({"type": "reply.create", "instructions": "say when"}))
        .await;
    let greeting = client.until("reply.done").await;
    assert_eq!(greeting.last().unwrap()["status"], "interrupted");
    let started = client.next().await.unwrap();
    assert_eq!(started["type"], "reply.started");

    // A second requested reply waits for the first.
    client.send(json!({"type": "reply.create"})).await;
    client
        .send(json!({"type": "reply.cancel", "reply_id": started["reply_id"]}))
        .await;
    let first = client.until("reply.done").await;
    assert!(!kinds(&first).contains(&"reply.started"));
    assert_eq!(first.last().unwrap()["status"], "cancelled");
    assert_eq!(client.next().await.unwrap()["type"], "reply.started");
    assert_eq!(client.log.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_conversation_message_is_validated_and_has_no_effect() {
    let mut client = Served::start(quick()).await.connect("key").await;
    client.ready(json!({})).await;
    for wrong in [
        json!({"type": "conversation.message", "role": "agent", "content": "x"}),
        json!({"type": "conversation.message", "role": "user"}),
        json!({"type": "conversation.message", "role": "user", "content": 1}),
        json!({"type": "reply.create", "instructions": 1}),
        json!({"type": "reply.create", "reply_id": "x"}),
    ] {
        client.send(wrong).await;
        assert_eq!(client.next().await.unwrap()["type"], "session.error");
    }
    client
        .send(json!({"type": "conversation.message", "role": "user", "content": "x"}))
        .await;
    let answer = update(&mut client, json!({"system_prompt": "x"})).await;
    assert_eq!(answer["type"], "session.updated");
}

#[tokio::test]
async fn a_session_can_use_a_stored_agent() {
    let served = Served::start(Options {
        agents: vec![StoredAgent {
            id: AGENT.to_owned(),
            config: json!({"system_prompt": "stored", "output": {"voice": "eve"}}),
        }],
        ..quick()
    })
    .await;
    let mut client = served.connect("key").await;
    let ready = client.ready(json!({"agent_id": AGENT})).await;
    assert_eq!(ready["config"]["system_prompt"], "stored");
    let changed = update(&mut client, json!({"output": {"volume": 50}})).await;
    let output = &changed["config"]["output"];
    assert_eq!(
        (&output["voice"], &output["volume"]),
        (&json!("eve"), &json!(50))
    );
    let refused = update(&mut client, json!({"agent_id": AGENT})).await;
    assert_eq!(refused["code"], "agent_id_not_first");

    for (session, code) in [
        (json!({"agent_id": "agent_unknown"}), "agent_not_found"),
        (json!({"agent_id": AGENT, "greeting": "x"}), "invalid_value"),
    ] {
        let mut client = served.connect("key").await;
        assert_eq!(update(&mut client, session).await["code"], code);
        assert_eq!(client.next().await, Err(Some(1008)));
    }
}

#[tokio::test]
async fn a_key_is_accepted_with_and_without_bearer_and_as_a_token() {
    let options = Options {
        key: Some("key".to_owned()),
        ..quick()
    };
    let served = Served::start(options).await;
    for (query, header) in [("", "Bearer key"), ("", "key"), ("?token=key", "")] {
        let mut client = served.try_connect(query, header).await.unwrap();
        client.ready(json!({})).await;
    }
    let mut client = served.try_connect("", "").await.unwrap();
    assert_eq!(update(&mut client, json!({})).await["code"], "unauthorized");
}

#[tokio::test]
async fn a_temporary_token_opens_sessions() {
    let options = Options {
        key: Some("key".to_owned()),
        ..quick()
    };
    let served = Served::start(options).await;
    let token = served.token("key").await;
    for (query, header) in [
        (format!("?token={token}"), String::new()),
        (String::new(), format!("Bearer {token}")),
    ] {
        let mut client = served.try_connect(&query, &header).await.unwrap();
        client.ready(json!({})).await;
    }
}

#[tokio::test]
async fn a_scenario_can_refuse_handshakes() {
    let steps = "[[step]]\non = 'connect'\nsession = [1, 2]\ndo.refuse = 429";
    let served = Served::start(stepping(steps)).await;
    for _ in 0..2 {
        assert_eq!(served.try_connect("", "key").await.err(), Some(429));
    }
    served.connect("key").await.ready(json!({})).await;
    assert_eq!(served.log.count(&Entry::Refused(429)), 2);
    assert_eq!(served.log.count(&Entry::Connected), 1);
}

#[tokio::test]
async fn a_scenario_can_reject_the_first_two_sessions() {
    for code in ["at_capacity", "concurrency_exceeded"] {
        let steps =
            format!("[[step]]\non = 'session.update'\nsession = [1, 2]\ndo.reject = '{code}'");
        let served = Served::start(stepping(&steps)).await;
        for _ in 0..2 {
            let mut client = served.connect("key").await;
            assert_eq!(update(&mut client, json!({})).await["code"], code);
            assert_eq!(client.next().await, Err(Some(1008)));
        }
        served.connect("key").await.ready(json!({})).await;
        assert_eq!(served.log.violations(), Vec::<String>::new());
    }
}
