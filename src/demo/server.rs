//! A local livekit-server process on loopback, on free ports.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_common::{clock, random};
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// Timeout from the start of the process to its first HTTP response.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// Interval between readiness checks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Time to exit before giving up on waiting.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Ports to choose from: below the range of ephemeral ports.
const PORTS: Range<u16> = 20_000..32_000;

/// Name of the binary.
const PROGRAM: &str = "livekit-server";

/// API key and secret; livekit-server warns about shorter secrets.
const KEY: (&str, &str) = ("demo", "a key that opens loopback alone, no other");

/// A running livekit-server process, killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    program: PathBuf,
    ports: Ports,
    livekit: LiveKit,
    ended: Ended,
}

/// Log lines of livekit-server about ended jobs.
pub type Ended = Arc<Mutex<Vec<String>>>;

/// Why livekit-server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The binary was not found.
    #[error(
        "livekit-server was not found on PATH: install it (https://docs.livekit.io/home/self-hosting/local), or run `make setup` in Parlor's source tree, or set PARLOR_LIVEKIT_SERVER to its path"
    )]
    Missing,
    /// The process could not be spawned.
    #[error("cannot start {program}: {error}")]
    Start {
        /// Path of the binary.
        program: PathBuf,
        /// Error of the spawn.
        error: std::io::Error,
    },
    /// No free port was found.
    #[error("no port between {} and {} is free", PORTS.start, PORTS.end)]
    Port,
    /// The process exited or did not respond in time.
    #[error("livekit-server did not start: {0}")]
    NotReady(String),
}

impl Server {
    /// Starts livekit-server and waits until it responds.
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

    /// Kills the process and starts it again on the same ports, without its former state.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn restart(mut self) -> Result<Self, ServerError> {
        let killed = self.child.kill().await;
        killed.map_err(|error| ServerError::NotReady(error.to_string()))?;
        Self::start_on(self.program, self.ports, self.ended).await
    }

    /// Log lines about ended jobs.
    pub fn ended(&self) -> Ended {
        self.ended.clone()
    }

    /// URL, API key and secret of the server.
    pub fn livekit(&self) -> &LiveKit {
        &self.livekit
    }

    /// Kills the process, like a crash.
    ///
    /// # Errors
    /// If the process cannot be killed.
    pub async fn kill(mut self) -> std::io::Result<()> {
        self.child.kill().await
    }

    /// Kills the process and waits until it has exited.
    pub async fn stop(mut self) {
        // On SIGTERM, livekit-server would wait for its participants; all of them are ours and
        // gone.
        if let Err(error) = self.child.start_kill() {
            tracing::debug!(%error, "livekit-server had already exited");
        }
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err() {
            tracing::warn!("livekit-server did not exit in time");
        }
    }
}

/// Looks for the binary on PATH, next to this executable and in `target/tools`.
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

/// Ports that livekit-server listens on.
#[derive(Debug)]
struct Ports {
    http: u16,
    tcp: u16,
    udp: u16,
}

impl Ports {
    /// Returns three ports that were free when probed.
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
        // Without configured STUN servers, livekit-server announces public ones, and every
        // participant looks them up.
        format!(
            "port: {http}\nbind_addresses: [127.0.0.1]\nkeys: {{{key}: \"{secret}\"}}\n\
             logging: {{level: info, pion_level: error, json: true}}\n\
             rtc: {{tcp_port: {tcp}, udp_port: {udp}, node_ip: 127.0.0.1, \
             use_external_ip: false, enable_loopback_candidate: true, \
             stun_servers: [\"127.0.0.1:{udp}\"]}}\nroom: {{enable_remote_unmute: true}}\n"
        )
    }
}

/// All candidate ports, starting at a random one, so that two servers started together take
/// different ones.
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

/// Returns whether `GET /` responds with status 200.
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

/// Returns the last line of its log, for the error message.
async fn last_words(child: &mut Child) -> String {
    let Some(stderr) = child.stderr.take() else {
        return "it wrote no log".to_owned();
    };
    let mut lines = BufReader::new(stderr).lines();
    let mut last = "no response in time".to_owned();
    while let Ok(Ok(Some(line))) = timeout(LOOK_EVERY, lines.next_line()).await {
        last = line;
    }
    last
}

/// Reads stderr so that the pipe does not fill up, and logs errors.
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
