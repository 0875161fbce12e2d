//! Runs `parlor start` as a child process.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use parlor_common::clock;
use parlor_livekit::LiveKit;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// Part of the log line of a registration.
pub(crate) const REGISTERED: &str = "\"registered\"";

/// Deadline of any single step.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Addresses and keys of the servers that the daemon connects to.
pub(crate) struct Setup {
    pub(crate) livekit: LiveKit,
    /// URL of the Voice Agent API.
    pub(crate) api: String,
}

/// A running daemon, killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    lines: watch::Receiver<Vec<Line>>,
}

/// A log line, and the time at which it was read.
struct Line {
    at: Instant,
    text: String,
}

impl Daemon {
    /// Starts a daemon without waiting for its registration.
    pub(crate) fn start(setup: &Setup, flags: &[&str]) -> anyhow::Result<Self> {
        let agent = concat!(env!("CARGO_MANIFEST_DIR"), "/agent.toml");
        let kept = |(name, _): &(String, String)| name == "PARLOR_NATIVE_CORE" || name == "HOME";
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .args(["start", "--any-load", "--health", "127.0.0.1:0"])
            .args(["--agent", agent])
            .args(flags)
            .env_clear()
            .envs(std::env::vars().filter(kept))
            .env("LIVEKIT_URL", &setup.livekit.url)
            .env("LIVEKIT_API_KEY", &setup.livekit.api_key)
            .env("LIVEKIT_API_SECRET", setup.livekit.api_secret.reveal())
            .env("ASSEMBLYAI_BASE_URL", &setup.api)
            .env("ASSEMBLYAI_API_KEY", "bench")
            .env("PARLOR_LOG_FORMAT", "json")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start parlor")?;
        let stderr = child.stderr.take().context("parlor has no stderr")?;
        let (writer, lines) = watch::channel(Vec::new());
        tokio::spawn(gather(stderr, writer));
        Ok(Self { child, lines })
    }

    /// Waits until the log has `times` lines that contain `word`; returns the time of the last of
    /// them.
    pub(crate) async fn writes(&self, word: &str, times: usize) -> anyhow::Result<Instant> {
        let find = |lines: &Vec<Line>| {
            let mut found = lines.iter().filter(|line| line.text.contains(word));
            found.nth(times - 1).map(|line| line.at)
        };
        let mut lines = self.lines.clone();
        let waiting = timeout(SOON, lines.wait_for(|lines| find(lines).is_some())).await;
        let found = waiting.is_ok_and(|lines| lines.is_ok());
        let last = || {
            let lines = self.lines.borrow();
            lines.last().map(|line| line.text.clone())
        };
        ensure!(
            found,
            "parlor did not write {word}; its last line: {:?}",
            last()
        );
        find(&self.lines.borrow()).context("a log line has disappeared")
    }

    /// Stops the daemon with SIGTERM.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("parlor has already exited")?;
        let kill = Command::new("kill").arg(pid.to_string()).status();
        ensure!(kill.await?.success(), "cannot send SIGTERM to parlor");
        let ended = timeout(SOON, self.child.wait()).await;
        let status = ended.context("parlor did not exit in time")??;
        ensure!(status.success(), "parlor exited with {status}");
        Ok(())
    }
}

async fn gather(stderr: ChildStderr, lines: watch::Sender<Vec<Line>>) {
    let mut reader = BufReader::new(stderr).lines();
    while let Ok(Some(text)) = reader.next_line().await {
        let at = clock::now();
        lines.send_modify(|lines| lines.push(Line { at, text }));
    }
}
