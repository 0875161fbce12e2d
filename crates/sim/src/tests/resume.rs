//! Tests of sessions that continue over another connection, and of those that cannot.

use serde_json::{Value, json};

use super::peer::{Client, Served, playing};
use crate::*;

/// Timeout for something that is already under way.
const SOON: Duration = Duration::from_secs(10);

/// A simulator with one key that sends the audio of replies at once.
fn burst(scenarios: &[&str]) -> Options {
    Options {
        pace: Pace::Burst,
        key: Some("key".to_owned()),
        ..playing(scenarios)
    }
}

/// Session id and resume token of a `session.ready`.
fn known(ready: &Value) -> (&str, &str) {
    let field = |name: &str| ready[name].as_str().unwrap();
    (field("session_id"), field("resume_token"))
}

/// Connects and resumes a session; returns the connection and the first message.
async fn resume(served: &Served, id: &str, bearer: &str) -> (Client, Value) {
    let mut client = served.connect(bearer).await;
    client
        .send(json!({"type": "session.resume", "session_id": id}))
        .await;
    let answer = client.next().await.unwrap();
    (client, answer)
}

/// Asserts that a session is refused with `code` and the WebSocket closed.
async fn is_refused(served: &Served, id: &str, bearer: &str, code: &str) {
    let (mut client, answer) = resume(served, id, bearer).await;
    assert_eq!(answer["type"], "session.error");
    assert_eq!(answer["code"], code);
    assert_eq!(client.next().await, Err(Some(1008)));
}

/// Asserts that the session works, and that nothing, such as a greeting, was sent before.
async fn is_silent_and_alive(client: &mut Client) {
    client
        .send(json!({"type": "session.update", "session": {"system_prompt": "newest"}}))
        .await;
    assert_eq!(client.next().await.unwrap()["type"], "session.updated");
}

/// Reads until the connection is over; returns its close code.
async fn code_of_the_end(client: &mut Client) -> Option<u16> {
    loop {
        if let Err(code) = client.next().await {
            return code;
        }
    }
}

#[tokio::test]
async fn a_cut_session_continues_unchanged() {
    let served = Served::start(burst(&["cut"])).await;
    let mut cut = served.connect("key").await;
    let asked = json!({"greeting": "Hello", "system_prompt": "old", "output": {"voice": "eve"}});
    let ready = cut.ready(asked).await;
    assert_eq!(code_of_the_end(&mut cut).await, None);

    let (id, token) = known(&ready);
    let (mut client, again) = resume(&served, id, token).await;
    assert_eq!(again["type"], "session.ready");
    assert_eq!(again["session_id"], id);
    assert_ne!(again["resume_token"], token);
    assert_eq!(again["config"], ready["config"]);
    is_silent_and_alive(&mut client).await;
    client.send(json!({"type": "reply.create"})).await;
    client.until("reply.done").await;

    assert_eq!(served.log.violations(), Vec::<String>::new());
    let entries = served.log.entries();
    let resumed = entries.iter().filter(|(_, it)| *it == Entry::Resumed);
    assert_eq!(resumed.count(), 1);
    let asked = served.log.session_requests();
    assert_eq!(asked.len(), 1, "a resumption sends no configuration");
    assert!(asked[0].has_greeting);
    assert_eq!(asked[0].system_prompt.reveal(), "old");
}

#[tokio::test]
async fn a_resumed_session_has_the_last_update() {
    let mut served = Served::start(burst(&[])).await;
    let mut client = served.connect("key").await;
    let ready = client.ready(json!({"system_prompt": "old"})).await;
    is_silent_and_alive(&mut client).await;
    drop(client);
    let ended = served
        .log
        .wait(SOON, |entry| matches!(entry, Entry::Ended(_)));
    assert!(ended.await.is_some());
    let (id, token) = known(&ready);
    let (_, again) = resume(&served, id, token).await;
    assert_eq!(again["config"]["system_prompt"], "newest");
}

#[tokio::test]
async fn a_session_that_is_still_connected_is_taken_over() {
    let mut served = Served::start(burst(&[])).await;
    let mut old = served.connect("key").await;
    let ready = old.ready(json!({})).await;
    let (id, token) = known(&ready);
    let (mut new, again) = resume(&served, id, token).await;
    assert_eq!(again["session_id"], id);
    assert_eq!(old.next().await, Err(None), "without a close frame");
    let ended = served
        .log
        .wait(SOON, |entry| *entry == Entry::Ended("taken over"));
    assert!(ended.await.is_some());
    is_silent_and_alive(&mut new).await;
    is_refused(&served, id, token, "session_forbidden").await;
    let (_, third) = resume(&served, id, known(&again).1).await;
    assert_eq!(third["config"]["system_prompt"], "newest");
}

#[tokio::test]
async fn a_silent_connection_loses_its_session_to_another() {
    let mut served = Served::start(burst(&["half-open"])).await;
    let mut silent = served.connect("key").await;
    let ready = silent.ready(json!({})).await;
    let (id, token) = known(&ready);
    let (mut client, _) = resume(&served, id, token).await;
    let ended = served
        .log
        .wait(SOON, |entry| *entry == Entry::Ended("taken over"));
    assert!(ended.await.is_some());
    is_silent_and_alive(&mut client).await;
}

#[tokio::test]
async fn a_session_can_only_be_resumed_with_its_token() {
    let served = Served::start(burst(&[])).await;
    let mut client = served.connect("key").await;
    let ready = client.ready(json!({})).await;
    let (id, token) = known(&ready);
    is_refused(&served, id, "resume_another", "session_forbidden").await;
    is_refused(&served, id, "key", "session_not_found").await;
    is_refused(&served, "sess_unknown", token, "session_not_found").await;
    is_silent_and_alive(&mut client).await;

    let mut posing = served.connect(token).await;
    posing
        .send(json!({"type": "session.update", "session": {}}))
        .await;
    assert_eq!(posing.next().await.unwrap()["code"], "unauthorized");
    assert_eq!(posing.next().await, Err(Some(1008)));
}

#[tokio::test]
async fn without_a_configured_key_a_resume_token_is_still_no_key() {
    let served = Served::start(Options::default()).await;
    let mut client = served.connect("key").await;
    let ready = client.ready(json!({})).await;
    let (id, token) = known(&ready);
    is_refused(&served, id, "another key", "session_not_found").await;
    is_refused(&served, id, "resume_another", "session_forbidden").await;
    let mut posing = served.connect(token).await;
    posing
        .send(json!({"type": "session.update", "session": {}}))
        .await;
    assert_eq!(posing.next().await.unwrap()["code"], "unauthorized");
    let (_, again) = resume(&served, id, token).await;
    assert_eq!(again["session_id"], id);
}

#[tokio::test]
async fn an_ended_session_cannot_be_resumed() {
    let served = Served::start(burst(&[])).await;
    let mut client = served.connect("key").await;
    let ready = client.ready(json!({})).await;
    client.send(json!({"type": "session.end"})).await;
    assert_eq!(code_of_the_end(&mut client).await, Some(1000));
    let (id, token) = known(&ready);
    is_refused(&served, id, token, "session_not_found").await;
}

#[tokio::test]
async fn a_scenario_can_prevent_resumption() {
    let served = Served::start(burst(&["internal-error", "no-resume"])).await;
    let mut client = served.connect("key").await;
    let ready = client.ready(json!({"greeting": "Hello"})).await;
    assert_eq!(code_of_the_end(&mut client).await, Some(1011));
    let (id, token) = known(&ready);
    is_refused(&served, id, token, "session_not_found").await;

    let mut fresh = served.connect("key").await;
    fresh.ready(json!({"system_prompt": "so far"})).await;
    is_silent_and_alive(&mut fresh).await;
    let asked = served.log.session_requests();
    let asked: Vec<_> = asked
        .iter()
        .map(|it| (it.has_greeting, it.system_prompt.reveal().as_str()))
        .collect();
    assert_eq!(asked, [(true, ""), (false, "so far")]);
}

#[tokio::test]
async fn session_resume_must_come_first_with_only_a_session_id() {
    let served = Served::start(burst(&[])).await;
    let mut late = served.connect("key").await;
    let ready = late.ready(json!({})).await;
    let (id, token) = known(&ready);
    late.send(json!({"type": "session.resume", "session_id": id}))
        .await;
    assert_eq!(late.next().await.unwrap()["code"], "invalid_format");
    is_silent_and_alive(&mut late).await;

    for message in [
        json!({"type": "session.resume"}),
        json!({"type": "session.resume", "session_id": 1}),
        json!({"type": "session.resume", "session_id": id, "session": {}}),
    ] {
        let mut client = served.connect(token).await;
        client.send(message).await;
        assert_eq!(client.next().await.unwrap()["code"], "invalid_format");
        assert_eq!(client.next().await, Err(Some(1008)));
    }
    assert_eq!(served.log.violations().len(), 4);
}
