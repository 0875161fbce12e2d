//! A livekit-server for one test.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};

const KEY: &str = "devkey";
const SECRET: &str = "secret";

/// First port of the range in which servers listen.
const FIRST_PORT: u16 = 10_000;
const PORTS: u32 = 9_000;

/// A running livekit-server, killed when dropped. The log of a test that fails is kept in
/// `target/tmp`.
pub(crate) struct Server {
    child: Child,
    port: u16,
    config: String,
    log: PathBuf,
}

impl Server {
    /// Starts a server on free ports of the loopback interface.
    pub(crate) async fn start() -> Self {
        let port = free_port();
        let (tcp, udp) = (free_port(), free_port());
        // The server announces this STUN server to participants; its default ones require DNS
        // lookups.
        let config = format!(
            "port: {port}\nbind_addresses: [127.0.0.1]\n\
             rtc: {{tcp_port: {tcp}, udp_port: {udp}, use_external_ip: false, stun_servers: ['127.0.0.1:{udp}']}}\n",
        );
        let log = format!("rtc-livekit-server-{}-{port}.log", std::process::id());
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(log);
        let server = Self {
            child: spawn(&config, &log),
            port,
            config,
            log,
        };
        server.ready().await;
        server
    }

    /// Kills the server and starts it again on the same ports, without its rooms.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.child = spawn(&self.config, &self.log);
        self.ready().await;
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// URL of the server API.
    pub(crate) fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Creates a token with all permissions in one room.
    pub(crate) fn token(&self, room: &str, identity: &str) -> String {
        self.token_with(room, identity, |_| {})
    }

    /// Creates a token with modified grants.
    pub(crate) fn token_with(
        &self,
        room: &str,
        identity: &str,
        change: impl FnOnce(&mut VideoGrants),
    ) -> String {
        access(room, identity, change).to_jwt().unwrap()
    }

    /// Creates a client of the room service.
    pub(crate) fn rooms(&self) -> livekit_api::services::room::RoomClient {
        livekit_api::services::room::RoomClient::with_api_key(&self.http(), KEY, SECRET)
    }

    /// Sends a signal to the server, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills the server.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn ready(&self) {
        let reached = tokio::time::timeout(Duration::from_secs(15), async {
            while tokio::net::TcpStream::connect(("127.0.0.1", self.port))
                .await
                .is_err()
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        reached.await.expect("livekit-server must listen in 15 s");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_file(&self.log);
        }
    }
}

fn spawn(config: &str, log: &Path) -> Child {
    let output = File::options().create(true).append(true).open(log).unwrap();
    Command::new(program())
        .args([
            "--dev",
            "--bind",
            "127.0.0.1",
            "--node-ip",
            "127.0.0.1",
            "--config-body",
            config,
        ])
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .expect("cannot start livekit-server")
}

fn access(room: &str, identity: &str, change: impl FnOnce(&mut VideoGrants)) -> AccessToken {
    let mut grants = VideoGrants {
        room_join: true,
        room: room.to_owned(),
        can_update_own_metadata: Some(true),
        ..VideoGrants::default()
    };
    change(&mut grants);
    AccessToken::with_api_key(KEY, SECRET)
        .with_identity(identity)
        .with_grants(grants)
}

/// Path of livekit-server: `PARLOR_LIVEKIT_SERVER`, `target/tools/livekit-server`, or the one on
/// `PATH`.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("PARLOR_LIVEKIT_SERVER") {
        return path.into();
    }
    let workspace =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/livekit-server");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("livekit-server"));
    let found = std::iter::once(workspace)
        .chain(on_path)
        .find(|path| path.is_file());
    found.expect("livekit-server is not installed: run `make setup`")
}

/// Finds an unused port below the range of ephemeral ports.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ports = (0..PORTS).map(|_| {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = std::process::id().wrapping_mul(101).wrapping_add(next) % PORTS;
        FIRST_PORT + port as u16
    });
    let is_free = |port: &u16| {
        let any = (Ipv4Addr::UNSPECIFIED, *port);
        TcpListener::bind(any).is_ok() && UdpSocket::bind(any).is_ok()
    };
    ports.into_iter().find(is_free).expect("no free port")
}
