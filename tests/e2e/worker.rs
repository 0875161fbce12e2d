//! A `parlor` process under test.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Timeout for a single step of a test.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// Timeout for the exit of a worker: it tries to open a voice session for 25 s, and each attempt
/// may take 12 s.
const END: Duration = Duration::from_secs(60);

/// A `parlor` process; killed on drop.
pub(crate) struct Worker {
    child: Child,
    lines: watch::Receiver<Vec<String>>,
    pipes: JoinSet<()>,
}

impl Worker {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (writer, lines) = watch::channel(Vec::new());
        let mut pipes = JoinSet::new();
        pipes.spawn(gather(child.stdout.take().unwrap(), writer.clone()));
        pipes.spawn(gather(child.stderr.take().unwrap(), writer));
        Self {
            child,
            lines,
            pipes,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends SIGTERM.
    pub(crate) async fn terminate(&self) {
        signal("-TERM", self.pid()).await;
    }

    /// Address of its HTTP pages.
    pub(crate) fn health(&self) -> String {
        let lines = self.lines.borrow();
        let mut addresses = lines.iter().filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(line["health"].as_str()?.to_owned())
        });
        addresses
            .next()
            .expect("the worker has logged the address of its pages")
    }

    /// Process IDs of its cells, oldest first.
    pub(crate) fn cells(&self) -> Vec<u32> {
        let started = self.numbers("cell started", "pid");
        started.into_iter().map(|pid| pid as u32).collect()
    }

    /// Values of a field in all log lines with this message.
    pub(crate) fn numbers(&self, message: &str, field: &str) -> Vec<u64> {
        let lines = self.lines();
        let values = lines.iter().filter_map(|line| {
            let is_it = line["message"] == message;
            line[field].as_u64().filter(|_| is_it)
        });
        values.collect()
    }

    /// Kills it, as a crash would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it has exited.
    pub(crate) async fn ended(&mut self) {
        self.child.wait().await.unwrap();
    }

    /// Whether it has exited.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its output lines that are JSON.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        let lines = self.lines.borrow();
        let parsed = lines.iter().map(|line| serde_json::from_str(line));
        parsed.filter_map(Result::ok).collect()
    }

    /// Waits for its exit and its last output line.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let ended = async {
            let status = self.child.wait().await.unwrap();
            while self.pipes.join_next().await.is_some() {}
            status
        };
        match timeout(END, ended).await {
            Ok(status) => status,
            Err(_) => panic!("the worker did not exit; it wrote:\n{}", self.wrote()),
        }
    }

    /// Waits until it has written a line that contains `word`.
    pub(crate) async fn writes(&self, word: &str) {
        self.writes_often(word, 1).await;
    }

    /// Waits until it has written `times` lines that contain `word`.
    pub(crate) async fn writes_often(&self, word: &str, times: usize) {
        self.writes_within(word, times, SOON).await;
    }

    /// Like [`writes_often`](Self::writes_often), with another timeout.
    pub(crate) async fn writes_within(&self, word: &str, times: usize, within: Duration) {
        let mut lines = self.lines.clone();
        let has_word = |line: &&String| line.contains(word);
        let written = lines.wait_for(|lines| lines.iter().filter(has_word).count() >= times);
        let written = timeout(within, written).await.is_ok_and(|it| it.is_ok());
        assert!(written, "the worker did not write {word:?} {times} times");
    }

    /// All output so far.
    pub(crate) fn wrote(&self) -> String {
        self.lines.borrow().join("\n")
    }

    /// Its lines for the user, `parlor: …`, without that prefix.
    pub(crate) fn said(&self) -> Vec<String> {
        let lines = self.lines.borrow();
        lines
            .iter()
            .filter_map(|line| line.strip_prefix("parlor: "))
            .map(str::to_owned)
            .collect()
    }
}

/// Sends a signal to a process.
pub(crate) async fn signal(which: &str, pid: u32) {
    let sent = Command::new("kill")
        .args([which, &pid.to_string()])
        .status();
    assert!(sent.await.unwrap().success());
}

/// Prints the output if the test fails.
impl Drop for Worker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the worker wrote:\n{}", self.wrote());
        }
    }
}

async fn gather(pipe: impl AsyncRead + Unpin, lines: watch::Sender<Vec<String>>) {
    let mut reader = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = reader.next_line().await {
        lines.send_modify(|lines| lines.push(line));
    }
}
