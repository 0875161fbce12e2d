//! Tests of recordings: written, and played back to the client that made them and to another.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::peer::{Client, Served, quick, turn};
use crate::*;

/// A temporary file, removed on drop.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(parlor_common::random::random("parlor-recording")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// A short call; returns the server's messages.
async fn call(client: &mut Client) -> Vec<Value> {
    let mut said = vec![client.ready(json!({"greeting": "Hello"})).await];
    said.extend(client.until("reply.done").await);
    client.speak(&turn()).await;
    said.extend(client.until("reply.done").await);
    client.send(json!({"type": "session.end"})).await;
    said.push(client.next().await.unwrap());
    assert_eq!(client.next().await, Err(Some(1000)));
    said
}

/// Records a short call; returns the server's messages.
async fn record(file: &Scratch) -> Vec<Value> {
    let simulator = Simulator::bind(Options {
        record: Some(file.0.clone()),
        ..quick()
    });
    let (served, done) = Served::of(simulator.await.unwrap());
    let mut client = served.connect("key").await;
    let said = call(&mut client).await;
    drop((client, served));
    done.await.unwrap();
    said
}

#[tokio::test]
async fn a_recording_is_played_back_word_for_word() {
    let file = Scratch::new();
    let said = record(&file).await;
    let recording = Recording::read(&file.0).unwrap();
    let served = Served::start(Options {
        replay: Some(recording),
        ..Options::default()
    })
    .await;
    let mut client = served.connect("key").await;
    assert_eq!(call(&mut client).await, said);
    assert_eq!(served.log.violations(), Vec::<String>::new());

    let mut another = served.connect("key").await;
    another.send(json!({"type": "session.update"})).await;
    let mut log = served.log.clone();
    let noted = log.wait(Duration::from_secs(10), |entry| {
        matches!(entry, Entry::Violation(what) if what.contains("after the recording's end"))
    });
    assert!(noted.await.is_some());
}

#[tokio::test]
async fn deviations_from_the_recording_are_violations() {
    let recording = [
        r#"{"ms":1,"from":"client","session":1,"message":{"type":"session.update"}}"#,
        r#"{"ms":2,"from":"server","session":1,"message":{"type":"session.ready"}}"#,
        r#"{"ms":3,"from":"client","session":1,"message":{"type":"input.audio"}}"#,
        r#"{"ms":4,"from":"client","session":1,"message":{"type":"session.end"}}"#,
        r#"{"ms":5,"from":"server","session":1,"text":"no json"}"#,
        r#"{"ms":6,"from":"server","session":1,"cut":true}"#,
    ];
    let recording = Recording::parse(&recording.join("\n")).unwrap();
    let served = Served::start(Options {
        replay: Some(recording),
        ..Options::default()
    })
    .await;
    let mut client = served.connect("key").await;
    client.ready(json!({})).await;
    client.send(json!({"type": "reply.create"})).await;
    client.send(json!({"type": "session.end"})).await;
    assert_eq!(client.next().await, Err(None));
    let violation = "not as recorded: reply.create instead of session.end";
    assert_eq!(served.log.violations(), [violation]);
}

#[tokio::test]
async fn invalid_recordings_and_paths_are_errors() {
    let error = Recording::parse("{\"ms\":1}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1 is not a valid line of a recording"
    );
    let nowhere = PathBuf::from("/no/such/folder/file.jsonl");
    assert!(Recording::read(&nowhere).is_err());
    let refused = Simulator::bind(Options {
        record: Some(nowhere),
        ..Options::default()
    });
    let error = refused.await.unwrap_err().to_string();
    assert!(error.starts_with("cannot record to "), "{error}");
}
