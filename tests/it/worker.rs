//! The dispatch socket with a scripted server, and the worker's loop with scripted edges, on a
//! paused clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use livekit_protocol::server_message::Message as FromServer;
use livekit_protocol::worker_message::Message as ToServer;
use livekit_protocol::{RegisterWorkerResponse, ServerMessage, WorkerMessage};
use parlor::worker::{Edges, Link, Stalled, drive, run};
use parlor_core::dispatch::{Action, Command, Dispatch, Event, ServerEvent, Settings};
use prost::Message as _;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

struct Bench {
    server: WebSocketStream<DuplexStream>,
    link: Link,
    events: mpsc::Receiver<Event>,
    reason: JoinHandle<String>,
}

async fn bench() -> Bench {
    let (near, far) = tokio::io::duplex(4 << 10);
    let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    let server = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let (link, outbox) = Link::pair();
    let (events, events_out) = mpsc::channel(8);
    let reason = tokio::spawn(async move { drive(near, outbox, &events).await });
    Bench {
        server,
        link,
        events: events_out,
        reason,
    }
}

impl Bench {
    /// The next message the worker sends.
    async fn heard(&mut self) -> ToServer {
        loop {
            match self.server.next().await.unwrap().unwrap() {
                Message::Binary(frame) => {
                    return WorkerMessage::decode(frame).unwrap().message.unwrap();
                }
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// More messages than the pipe holds, fewer than the queue holds.
const MANY: usize = 900;

fn registered() -> Vec<u8> {
    let message = FromServer::Register(RegisterWorkerResponse {
        worker_id: "AW_1".to_owned(),
        ..RegisterWorkerResponse::default()
    });
    let message = ServerMessage {
        message: Some(message),
    };
    message.encode_to_vec()
}

fn hello() -> Command {
    Command::Register(Box::new(Settings {
        agent_name: "clerk".to_owned(),
        ..Settings::default()
    }))
}

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways_and_invalid_ones_are_ignored() {
    let mut bench = bench().await;
    bench.link.send(hello()).unwrap();
    let ToServer::Register(register) = bench.heard().await else {
        panic!("another message");
    };
    assert_eq!(register.agent_name, "clerk");
    for noise in [
        Message::binary(vec![0xff; 9]),
        Message::text("{}"),
        Message::binary(vec![]),
    ] {
        bench.server.send(noise).await.unwrap();
    }
    bench
        .server
        .send(Message::binary(registered()))
        .await
        .unwrap();
    assert_eq!(
        bench.events.recv().await,
        Some(Event::Server(ServerEvent::Other))
    );
    let worker_id = "AW_1".to_owned();
    let event = Event::Server(ServerEvent::Registered { worker_id });
    assert_eq!(bench.events.recv().await, Some(event));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_lost() {
    let bench = bench().await;
    let began = Instant::now();
    let reason = bench.reason.await.unwrap();
    assert_eq!(reason, "no message from the server for 25 s");
    assert_eq!(began.elapsed(), Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_pings_is_not_lost() {
    let mut bench = bench().await;
    let began = Instant::now();
    let mut pings = 0;
    while began.elapsed() < Duration::from_secs(100) {
        if let Message::Ping(_) = bench.server.next().await.unwrap().unwrap() {
            bench.server.flush().await.unwrap();
            pings += 1;
        }
    }
    assert_eq!(pings, 10, "one every 10 s");
    assert!(!bench.reason.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_callback_after_messages_runs_once_they_are_written() {
    let mut bench = bench().await;
    let released = Arc::new(AtomicBool::new(false));
    for _ in 0..MANY {
        bench.link.send(hello()).unwrap();
    }
    let flag = released.clone();
    bench
        .link
        .after(move || flag.store(true, Ordering::Relaxed));
    sleep(Duration::from_millis(10)).await;
    assert!(
        !released.load(Ordering::Relaxed),
        "the server has read nothing yet"
    );
    for _ in 0..MANY {
        bench.heard().await;
    }
    sleep(Duration::from_millis(10)).await;
    assert!(released.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_callback_after_messages_runs_when_the_socket_is_lost() {
    let bench = bench().await;
    let released = Arc::new(AtomicBool::new(false));
    for _ in 0..MANY {
        bench.link.send(hello()).unwrap();
    }
    let flag = released.clone();
    bench
        .link
        .after(move || flag.store(true, Ordering::Relaxed));
    drop(bench.server);
    bench.reason.await.unwrap();
    assert!(released.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_nothing_is_stalled() {
    let bench = bench().await;
    let mut sends = (0..2_000).map(|_| bench.link.send(hello()));
    assert!(sends.any(|sent| sent == Err(Stalled)));
    assert!(bench.reason.await.unwrap().contains("stopped reading"));
}

/// Edges with scripted events.
#[derive(Default)]
struct Script {
    events: VecDeque<Event>,
    actions: Vec<Action>,
}

impl Edges for Script {
    fn perform(&mut self, action: Action) {
        self.actions.push(action);
    }

    async fn next(&mut self) -> Event {
        match self.events.pop_front() {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_loop_reconnects_until_it_is_told_to_end() {
    let mut edges = Script {
        events: VecDeque::from([Event::Lost("refused".to_owned())]),
        ..Script::default()
    };
    let (control, control_out) = mpsc::channel(1);
    let dispatch = Dispatch::new(parlor_common::clock::now(), Settings::default(), 1);
    let ending = async {
        sleep(Duration::from_secs(60)).await;
        control.send(Event::Drain).await.unwrap();
    };
    let (ended, ()) = tokio::join!(run(dispatch, &mut edges, control_out), ending);
    assert_eq!((ended.cut, ended.is_immediate), (0, false));
    let tries = edges.actions.iter().filter(|it| **it == Action::Connect);
    // Each attempt times out after 12 s and is followed by a backoff.
    assert!((4..=6).contains(&tries.count()), "{:?}", edges.actions);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_control_channel_ends_the_loop() {
    let (control, control_out) = mpsc::channel(1);
    drop(control);
    let dispatch = Dispatch::new(parlor_common::clock::now(), Settings::default(), 1);
    let ended = run(dispatch, &mut Script::default(), control_out).await;
    assert_eq!(ended.cut, 0);
}
