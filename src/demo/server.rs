//! A livekit-server of our own, on loopback and free ports.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_core::secret::Secret;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::config::LiveKit;
use crate::random;

/// From the start of the process to its first answer.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// Between two looks at whether it answers.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long it may take to end by itself.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Where servers listen: below the ports that outgoing connections are given.
const PORTS: Range<u16> = 20_000..32_000;

/// The program's name.
const PROGRAM: &str = "livekit-server";

/// A key for this machine only; livekit-server calls shorter secrets unsafe.
const KEY: (&str, &str) = ("demo", "a key that opens loopback alone, no other");

/// A running livekit-server; it is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    program: PathBuf,
    ports: Ports,
    livekit: LiveKit,
    ended: Ended,
}

/// What the server wrote of jobs that ended: one line each.
pub type Ended = Arc<Mutex<Vec<String>>>;

/// Why there is no livekit-server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// It is nowhere.
    #[error(
        "livekit-server was not found on PATH or in target/tools: run `make setup`, or set PARLOR_LIVEKIT_SERVER"
    )]
    Missing,
    /// It could not be started.
    #[error("{program} cannot be started: {error}")]
    Start {
        /// What was run.
        program: PathBuf,
        /// Why it did not.
        error: std::io::Error,
    },
    /// No port is free.
    #[error("no port between {} and {} is free", PORTS.start, PORTS.end)]
    Port,
    /// It ended at once, or did not answer.
    #[error("livekit-server did not come up: {0}")]
    NotReady(String),
}

impl Server {
    /// Starts a livekit-server and waits until it answers.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn start(program: Option<&Path>) -> Result<Self, ServerError> {
        let program = match program {
            Some(program) => program.to_owned(),
            None => find().ok_or(ServerError::Missing)?,
        };
        Self::start_on(program, Ports::free()?, Ended::default()).await
    }

    async fn start_on(program: PathBuf, ports: Ports, ended: Ended) -> Result<Self, ServerError> {
        let spawned = Command::new(&program)
            .args(["--config-body", &ports.config()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Err(ServerError::Start { program, error }),
        };
        ready(&mut child, ports.http).await?;
        drain(&mut child, ended.clone());
        Ok(Self {
            child,
            program,
            livekit: LiveKit {
                url: format!("ws://127.0.0.1:{}", ports.http),
                api_key: KEY.0.to_owned(),
                api_secret: Secret::new(KEY.1),
                ..LiveKit::default()
            },
            ports,
            ended,
        })
    }

    /// Kills it and starts it again where it was; it knows nothing of what was before.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn restart(mut self) -> Result<Self, ServerError> {
        let killed = self.child.kill().await;
        killed.map_err(|error| ServerError::NotReady(error.to_string()))?;
        Self::start_on(self.program, self.ports, self.ended).await
    }

    /// What it wrote of jobs that ended.
    pub fn ended(&self) -> Ended {
        self.ended.clone()
    }

    /// Its address and key.
    pub fn livekit(&self) -> &LiveKit {
        &self.livekit
    }

    /// Kills it, as a crash would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(mut self) -> std::io::Result<()> {
        self.child.kill().await
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(mut self) {
        // livekit-server waits for its participants on SIGTERM; they are all ours and gone.
        if let Err(error) = self.child.start_kill() {
            tracing::debug!(%error, "livekit-server was gone");
        }
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err() {
            tracing::warn!("livekit-server did not end in time");
        }
    }
}

/// Looks on PATH, beside this program, and in `target/tools`.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let exe = std::env::current_exe().ok();
    let beside = exe.as_deref().and_then(Path::parent);
    let near = beside
        .into_iter()
        .flat_map(Path::ancestors)
        .take(3)
        .flat_map(|folder| [folder.to_owned(), folder.join("tools")]);
    std::env::split_paths(&path)
        .chain(near)
        .map(|folder| folder.join(PROGRAM))
        .find(|program| program.is_file())
}

/// Where it listens.
#[derive(Debug)]
struct Ports {
    http: u16,
    tcp: u16,
    udp: u16,
}

impl Ports {
    /// Three ports that were free a moment ago.
    fn free() -> Result<Self, ServerError> {
        let mut ports = candidates().filter(is_free);
        let mut next = || ports.next().ok_or(ServerError::Port);
        Ok(Self {
            http: next()?,
            tcp: next()?,
            udp: next()?,
        })
    }

    fn config(&self) -> String {
        let Self { http, tcp, udp } = self;
        let (key, secret) = KEY;
        // Without STUN servers of its own it names public ones, and every participant looks them up.
        format!(
            "port: {http}\nbind_addresses: [127.0.0.1]\nkeys: {{{key}: \"{secret}\"}}\n\
             logging: {{level: info, pion_level: error, json: true}}\n\
             rtc: {{tcp_port: {tcp}, udp_port: {udp}, node_ip: 127.0.0.1, \
             use_external_ip: false, enable_loopback_candidate: true, \
             stun_servers: [\"127.0.0.1:{udp}\"]}}\nroom: {{enable_remote_unmute: true}}\n"
        )
    }
}

/// All ports a server may have, from a random one on: two that start together take different ones.
fn candidates() -> impl Iterator<Item = u16> {
    let random = random::number() % PORTS.len() as u64;
    PORTS.cycle().skip(random as usize).take(PORTS.len())
}

fn is_free(port: &u16) -> bool {
    let any = (Ipv4Addr::UNSPECIFIED, *port);
    TcpListener::bind(any).is_ok() && UdpSocket::bind(any).is_ok()
}

async fn ready(child: &mut Child, port: u16) -> Result<(), ServerError> {
    let until = clock::now() + READY_WITHIN;
    while !answers(port).await {
        let ended = child.try_wait().ok().flatten();
        if ended.is_some() || clock::now() >= until {
            return Err(ServerError::NotReady(last_words(child).await));
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Whether `GET /` is answered with 200.
async fn answers(port: u16) -> bool {
    let asked = async {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        socket
            .write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            .await?;
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await?;
        std::io::Result::Ok(answer.ends_with(b" 200"))
    };
    matches!(timeout(Duration::from_secs(1), asked).await, Ok(Ok(true)))
}

/// The last line it wrote, for the error message.
async fn last_words(child: &mut Child) -> String {
    let Some(stderr) = child.stderr.take() else {
        return "it said nothing".to_owned();
    };
    let mut lines = BufReader::new(stderr).lines();
    let mut last = "no answer in time".to_owned();
    while let Ok(Ok(Some(line))) = timeout(LOOK_EVERY, lines.next_line()).await {
        last = line;
    }
    last
}

/// Keeps its pipe from filling up; what it says goes to our log.
fn drain(child: &mut Child, ended: Ended) {
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains("\"job ended\"") {
                    ended.lock().push(line);
                } else if line.contains("\"level\":\"error\"") {
                    tracing::debug!(target: "livekit_server", "{line}");
                }
            }
        });
    }
}
