//! The socket to the Voice Agent API with a scripted server, over an in-memory pipe, on a paused
//! clock.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use parlor_core::audio::Frame;
use parlor_core::conversation::{AgentCommand, AgentEvent, Event, SocketLoss};
use parlor_voice_agent::{Link, Stalled, drive};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

/// Capacity of the event channel.
const INBOX: usize = 64;

/// Capacity of the pipe in each direction, in bytes.
const PIPE: usize = 64 << 10;

struct Bench {
    server: WebSocketStream<DuplexStream>,
    link: Link,
    events: mpsc::Receiver<Event>,
    loss: JoinHandle<SocketLoss>,
}

async fn bench() -> Bench {
    let (near, far) = tokio::io::duplex(PIPE);
    let client = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    let server = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let (link, outbox) = Link::pair();
    let (events, events_out) = mpsc::channel(INBOX);
    let loss = tokio::spawn(async move { drive(client, outbox, &events).await });
    Bench {
        server,
        link,
        events: events_out,
        loss,
    }
}

impl Bench {
    async fn say(&mut self, json: &str) {
        self.server.send(Message::text(json)).await.unwrap();
    }

    /// The next text the client sends.
    async fn heard(&mut self) -> serde_json::Value {
        loop {
            if let Message::Text(text) = self.server.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways() {
    let mut bench = bench().await;
    bench.link.send(AgentCommand::EndSession).unwrap();
    assert_eq!(
        bench.heard().await,
        serde_json::json!({"type": "session.end"})
    );
    bench.link.send_audio(Frame::new(vec![1, -2])).unwrap();
    let audio = bench.heard().await;
    assert_eq!(
        audio,
        serde_json::json!({"type": "input.audio", "audio": "AQD+/w=="})
    );
    bench
        .say(r#"{"type":"input.speech.started","timestamp":1.5}"#)
        .await;
    let started = Event::Agent(AgentEvent::SpeechStarted);
    assert_eq!(bench.events.recv().await, Some(started));
}

#[tokio::test(start_paused = true)]
async fn invalid_messages_are_skipped_and_the_rest_arrives() {
    let mut bench = bench().await;
    for bad in [
        "",
        "{",
        "[]",
        "7",
        r#"{"type":7}"#,
        r#"{"type":"reply.audio","data":"!"}"#,
    ] {
        bench.say(bad).await;
    }
    bench
        .server
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    bench.say(r#"{"type":"input.speech.stopped"}"#).await;
    let stopped = Event::Agent(AgentEvent::SpeechStopped);
    assert_eq!(bench.events.recv().await, Some(stopped));
}

#[tokio::test(start_paused = true)]
async fn a_message_of_two_megabytes_arrives_complete() {
    let mut bench = bench().await;
    let words = "w".repeat(2_000_000);
    let json = serde_json::json!({"type": "transcript.agent", "text": words, "interrupted": false});
    let (sent, event) = tokio::join!(
        bench.server.send(Message::text(json.to_string())),
        bench.events.recv()
    );
    sent.unwrap();
    let Some(Event::Agent(AgentEvent::AgentTranscript { text, .. })) = event else {
        panic!("{event:?}");
    };
    assert_eq!(text.reveal().len(), 2_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_is_lost() {
    let bench = bench().await;
    let began = Instant::now();
    // The peer's end stays open but unread, so pings are not answered.
    let loss = bench.loss.await.unwrap();
    assert!(matches!(loss, SocketLoss::Broken(_)), "{loss:?}");
    assert_eq!(began.elapsed(), Duration::from_secs(12));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_pings_is_not_lost() {
    let mut bench = bench().await;
    let began = Instant::now();
    let mut pings = 0;
    while began.elapsed() < Duration::from_secs(120) {
        // Reading makes the library answer the ping.
        if let Message::Ping(_) = bench.server.next().await.unwrap().unwrap() {
            bench.server.flush().await.unwrap();
            pings += 1;
        }
    }
    assert_eq!(pings, 24, "one every 5 s");
    assert!(!bench.loss.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_close_code_of_the_peer_is_reported() {
    let mut bench = bench().await;
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: "session_expired".into(),
    };
    bench.server.close(Some(frame)).await.unwrap();
    let closed = SocketLoss::Closed {
        code: 1008,
        reason: "session_expired".to_owned(),
    };
    assert_eq!(bench.loss.await.unwrap(), closed);
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_is_1006_or_broken() {
    let bench = bench().await;
    drop(bench.server);
    let loss = bench.loss.await.unwrap();
    let cut = matches!(
        &loss,
        SocketLoss::Broken(_) | SocketLoss::Closed { code: 1006, .. }
    );
    assert!(cut, "{loss:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_link_closes_within_a_second() {
    let mut bench = bench().await;
    let began = Instant::now();
    drop(bench.link);
    assert!(matches!(
        bench.server.next().await,
        Some(Ok(Message::Close(_)))
    ));
    // The peer never answers the close.
    bench.loss.await.unwrap();
    assert!(began.elapsed() <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_applies_backpressure_and_loses_nothing() {
    let mut bench = bench().await;
    let total = INBOX * 40;
    let pong = tokio::spawn(async move {
        for number in 0..total {
            let json = format!(r#"{{"type":"transcript.user.delta","text":"{number}"}}"#);
            bench.server.send(Message::text(json)).await.unwrap();
        }
        bench.server
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    for number in 0..total {
        let Some(Event::Agent(AgentEvent::UserTranscriptDelta { text, .. })) =
            bench.events.recv().await
        else {
            panic!("a delta was lost");
        };
        assert_eq!(text.reveal(), &number.to_string());
    }
    drop(pong.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn audio_is_dropped_while_the_link_is_stalled_then_reported() {
    let (mut link, _outbox) = Link::pair();
    let chunk = || Frame::new(vec![0; 1_200]);
    let mut sent = 0;
    while link.send_audio(chunk()).is_ok() {
        sent += 1;
    }
    // 1 s is queued and 5 s are dropped; the chunk that completes the 5 s is an error.
    assert_eq!(sent, 20 + 99);
    assert_eq!(link.dropped(), 100);
    assert_eq!(link.send_audio(chunk()), Err(Stalled));
}

#[tokio::test(start_paused = true)]
async fn unexpected_messages_do_not_cause_a_panic() {
    let mut bench = bench().await;
    bench
        .server
        .send(Message::Pong(Bytes::from_static(b"x")))
        .await
        .unwrap();
    bench.say("\u{0}\u{1}\u{2}").await;
    bench.server.close(None).await.unwrap();
    assert!(matches!(
        bench.loss.await.unwrap(),
        SocketLoss::Closed { .. }
    ));
}
