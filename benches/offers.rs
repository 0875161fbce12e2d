//! Latency from a job offer to its answer, against a scripted dispatch server.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, available_parallelism};
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::{SinkExt, StreamExt};
use livekit_protocol::server_message::Message as FromServer;
use livekit_protocol::worker_message::Message as ToServer;
use livekit_protocol::{
    AvailabilityRequest, Job, RegisterWorkerResponse, Room, ServerMessage, WorkerMessage,
};
use parlor_common::clock;
use parlor_livekit::LiveKit;
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::daemon::{Daemon, REGISTERED, SOON, Setup};
use crate::figures::Figures;

/// Number of offers in a run.
const OFFERS: usize = 200;

/// Interval between two offers.
const EVERY: Duration = Duration::from_millis(10);

/// Answer latencies of two runs.
pub(crate) struct Offers {
    /// On an idle machine.
    pub(crate) idle: Figures,
    /// While all cores are busy.
    pub(crate) busy: Figures,
}

/// Measures both runs with one daemon. No accepted job is ever assigned, so the daemon needs enough
/// slots to reserve one for each.
pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Offers> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let setup = Setup {
        livekit: LiveKit {
            url: format!("ws://{}", listener.local_addr()?),
            ..setup.livekit.clone()
        },
        api: setup.api.clone(),
    };
    let daemon = Daemon::start(&setup, &["--max-calls", "1000"])?;
    let accepted = timeout(SOON, DispatchServer::accept(&listener));
    let mut server = accepted.await.context("no worker registered in time")??;
    daemon.writes(REGISTERED, 1).await?;
    let idle = server.run("idle").await?;
    let spinners = Spinners::start()?;
    let busy = server.run("busy").await?;
    drop(spinners);
    Ok(Offers { idle, busy })
}

/// The server side of a dispatch WebSocket.
struct DispatchServer(WebSocketStream<TcpStream>);

impl DispatchServer {
    /// Accepts the registration of the next worker.
    async fn accept(listener: &TcpListener) -> anyhow::Result<Self> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut server = Self(accept_async(stream).await?);
        while !matches!(server.read().await?, Some(ToServer::Register(_))) {}
        let worker_id = "AW_bench".to_owned();
        let registered = FromServer::Register(RegisterWorkerResponse {
            worker_id,
            ..RegisterWorkerResponse::default()
        });
        server.write(registered).await?;
        Ok(server)
    }

    /// Sends all offers of a run without waiting for answers in between, then waits for all
    /// answers.
    async fn run(&mut self, name: &str) -> anyhow::Result<Figures> {
        let run = timeout(SOON, self.offers(name)).await;
        run.context("not every offer was answered")?
    }

    async fn offers(&mut self, name: &str) -> anyhow::Result<Figures> {
        let mut figures = Figures::default();
        let mut open = HashMap::new();
        let mut jobs = (0..OFFERS).map(|number| format!("AJ_{name}_{number}"));
        let mut tick = interval(EVERY);
        while jobs.len() > 0 || !open.is_empty() {
            tokio::select! {
                biased;
                message = self.read() => {
                    let at = clock::now();
                    let Some(ToServer::Availability(answer)) = message? else { continue };
                    ensure!(answer.available, "an offer was refused");
                    let offered = open.remove(&answer.job_id).context("the worker answered an unknown offer")?;
                    figures.add(at - offered);
                }
                _ = tick.tick(), if jobs.len() > 0 => {
                    let Some(job) = jobs.next() else { continue };
                    open.insert(job.clone(), clock::now());
                    self.write(offer(job)).await?;
                }
            }
        }
        Ok(figures)
    }

    /// Reads the worker's next message; `None` for a frame that carries none.
    async fn read(&mut self) -> anyhow::Result<Option<ToServer>> {
        match self.0.next().await.context("the worker disconnected")?? {
            Message::Binary(frame) => Ok(WorkerMessage::decode(frame)?.message),
            _ => Ok(None),
        }
    }

    async fn write(&mut self, message: FromServer) -> anyhow::Result<()> {
        let message = ServerMessage {
            message: Some(message),
        };
        let frame = Message::binary(message.encode_to_vec());
        Ok(self.0.send(frame).await?)
    }
}

fn offer(id: String) -> FromServer {
    let room = Room {
        name: format!("room-of-{id}"),
        ..Room::default()
    };
    let job = Job {
        id,
        room: Some(room),
        ..Job::default()
    };
    FromServer::Availability(AvailabilityRequest {
        job: Some(job),
        resuming: false,
    })
}

/// One busy-looping thread per core, until dropped.
struct Spinners {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Spinners {
    fn start() -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let spin = |_| {
            let stop = stop.clone();
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let threads = (0..available_parallelism()?.get()).map(spin).collect();
        Ok(Self { stop, threads })
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a spinner never panics");
        }
    }
}
