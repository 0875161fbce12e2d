//! The process of a server: its start, what it writes to stderr, its end.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parlor_core::secret::Secret;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::error::ConnectError;

/// From the end of its stdin to SIGTERM.
const END_WITHIN: Duration = Duration::from_secs(2);

/// From SIGTERM to SIGKILL.
const TERMINATE_WITHIN: Duration = Duration::from_secs(1);

/// How long the operating system may take to kill it.
const KILL_WITHIN: Duration = Duration::from_secs(1);

/// How much of a line of stderr is logged, in bytes.
const LINE: usize = 300;

/// A program, its arguments, and all of its environment.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) program: String,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, Secret)>,
}

/// A process that runs, and all that it started; dropping it kills them.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Its process group, until that was ended.
    group: Option<Pid>,
    stderr: JoinSet<()>,
}

/// The two ends of the pipes that it speaks over.
pub(super) type Pipes = (ChildStdout, ChildStdin);

impl Process {
    /// Starts a server's program.
    pub(super) fn start(
        line: &CommandLine,
        server: &Arc<str>,
    ) -> Result<(Self, Pipes), ConnectError> {
        let env = line.env.iter().map(|(name, value)| (name, value.reveal()));
        let spawned = Command::new(&line.program)
            .args(&line.args)
            .env_clear()
            .envs(env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is ours to hear; and what it starts ends with it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(ConnectError::Start)?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut process = Self {
            child,
            group: pid.and_then(Pid::from_raw),
            stderr: JoinSet::new(),
        };
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            let why = "it was started without pipes";
            return Err(ConnectError::Start(std::io::Error::other(why)));
        };
        let server = server.clone();
        let say = move |said: &str| tracing::debug!(%server, said, "an MCP server wrote");
        process.stderr.spawn(lines(stderr, say));
        Ok((process, (stdout, stdin)))
    }

    /// Waits until it is gone; what it started is gone then too.
    pub(super) async fn gone(&mut self) -> Option<ExitStatus> {
        let status = self.child.wait().await;
        self.kill();
        self.group = None;
        match status {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::error!(%error, "the end of a process cannot be seen");
                None
            }
        }
    }

    /// Sees it to its end, now that its stdin is closed.
    pub(super) async fn end(mut self) {
        if timeout(END_WITHIN, self.gone()).await.is_err() {
            self.signal(Signal::TERM);
            if timeout(TERMINATE_WITHIN, self.gone()).await.is_err() {
                self.kill();
                if timeout(KILL_WITHIN, self.gone()).await.is_err() {
                    tracing::error!(pid = self.child.id(), "a process cannot be killed");
                }
            }
        }
        // Nobody holds the other end of its stderr any more.
        if timeout(KILL_WITHIN, self.stderr.join_next()).await.is_err() {
            self.stderr.abort_all();
        }
    }

    fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // An error says that nobody is left.
            kill_process_group(group, signal).ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Tells what a server writes to stderr, line by line, so that its pipe never fills up.
async fn lines(pipe: impl AsyncRead + Unpin, mut say: impl FnMut(&str)) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        // A pipe that breaks has come to its end.
        let chunk = pipe.fill_buf().await.unwrap_or_default();
        let is_last = chunk.is_empty();
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        let room = LINE.saturating_sub(line.len());
        line.extend_from_slice(&chunk[..taken.min(room)]);
        pipe.consume(taken);
        if end.is_some() || is_last {
            let said = String::from_utf8_lossy(line.trim_ascii());
            if !said.is_empty() {
                say(&said);
            }
            line.clear();
        }
        if is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn shell(script: &str) -> (Process, Pipes) {
        let line = CommandLine {
            program: "/bin/sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: vec![("ONLY".to_owned(), Secret::new("this"))],
        };
        Process::start(&line, &"test".into()).unwrap()
    }

    async fn read(mut stdout: ChildStdout) -> String {
        let mut said = String::new();
        stdout.read_to_string(&mut said).await.unwrap();
        said
    }

    #[tokio::test]
    async fn nothing_of_our_environment_is_passed_on() {
        let (process, (stdout, stdin)) = shell("echo $ONLY ${CARGO_MANIFEST_DIR:-none}");
        drop(stdin);
        assert_eq!(read(stdout).await, "this none\n");
        process.end().await;
    }

    #[tokio::test]
    async fn stderr_never_fills_up() {
        let flood =
            "i=0; while [ $i -lt 3000 ]; do printf '%0100d' 0 >&2; i=$((i+1)); done; echo through";
        let (process, (stdout, stdin)) = shell(flood);
        drop(stdin);
        assert_eq!(read(stdout).await, "through\n");
        process.end().await;
    }

    #[tokio::test]
    async fn one_that_stays_is_killed_with_all_it_started() {
        let script = "trap '' TERM; sleep 600 & echo up; while :; do sleep 1; done";
        let (process, (mut stdout, stdin)) = shell(script);
        let mut said = [0; 3];
        stdout.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"up\n");
        drop(stdin);
        process.end().await;
        // It comes to an end when nobody is left who could write.
        let rest = timeout(Duration::from_secs(5), stdout.read_to_end(&mut Vec::new())).await;
        assert!(rest.is_ok(), "something it started is still there");
    }

    #[tokio::test]
    async fn dropping_it_kills_all() {
        let (process, (mut stdout, _stdin)) = shell("sleep 600 & echo up; sleep 600");
        let mut said = [0; 3];
        stdout.read_exact(&mut said).await.unwrap();
        drop(process);
        let rest = timeout(Duration::from_secs(5), stdout.read_to_end(&mut Vec::new())).await;
        assert!(rest.is_ok(), "something it started is still there");
    }

    #[tokio::test]
    async fn the_end_of_stdin_is_enough_for_most() {
        let (mut process, (stdout, mut stdin)) = shell("read line; echo got $line; exit 3");
        stdin.write_all(b"this\n").await.unwrap();
        assert_eq!(read(stdout).await, "got this\n");
        let status = process.gone().await.unwrap();
        assert_eq!(status.code(), Some(3));
        process.end().await;
    }

    #[tokio::test]
    async fn lines_are_cut() {
        let written = [&[b'x'; 1_000], &b"\n\n short \r\nlast"[..]].concat();
        let mut said = Vec::new();
        lines(written.as_slice(), |line| said.push(line.to_owned())).await;
        assert_eq!(
            said,
            ["x".repeat(LINE), "short".to_owned(), "last".to_owned()]
        );
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told() {
        let line = CommandLine {
            program: "/no/such/program".to_owned(),
            args: Vec::new(),
            env: Vec::new(),
        };
        let error = Process::start(&line, &"test".into()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("it cannot be started: No such")
        );
    }
}
