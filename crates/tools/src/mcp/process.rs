//! The child process of an MCP server: start, stderr and exit.

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

/// Time from the end of its stdin to SIGTERM.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Time from SIGTERM to SIGKILL.
const TERMINATE_WITHIN: Duration = Duration::from_secs(1);

/// Timeout of waiting for the exit after SIGKILL, and for the end of stderr.
const KILL_WITHIN: Duration = Duration::from_secs(1);

/// Maximum length of a logged line of stderr, in bytes.
const LINE: usize = 300;

/// A program, its arguments, and its whole environment.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) program: String,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, Secret)>,
}

/// A running process and its descendants. Dropping it kills them.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Its process group; `None` once the group has ended.
    group: Option<Pid>,
    stderr: JoinSet<()>,
}

/// The process's stdout and stdin.
pub(super) type Pipes = (ChildStdout, ChildStdin);

impl Process {
    /// Starts the program of `server`.
    pub(super) fn start(
        command: &CommandLine,
        server: &Arc<str>,
    ) -> Result<(Self, Pipes), ConnectError> {
        let env = command
            .env
            .iter()
            .map(|(name, value)| (name, value.reveal()));
        let spawned = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .envs(env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C does not reach it, and its descendants are killed with it.
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
            let why = "it has no pipes";
            return Err(ConnectError::Start(std::io::Error::other(why)));
        };
        let server = server.clone();
        let say = move |said: &str| tracing::debug!(%server, said, "an MCP server wrote to stderr");
        process.stderr.spawn(lines(stderr, say));
        Ok((process, (stdout, stdin)))
    }

    /// Waits until the process exits, then kills its descendants.
    pub(super) async fn wait(&mut self) -> Option<ExitStatus> {
        let status = self.child.wait().await;
        self.kill();
        self.group = None;
        match status {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::error!(%error, "failed to wait for the process of an MCP server");
                None
            }
        }
    }

    /// Waits for the exit of the process, whose stdin is closed. Kills it if it takes too long.
    pub(super) async fn end(mut self) {
        if timeout(END_WITHIN, self.wait()).await.is_err() {
            self.signal(Signal::TERM);
            if timeout(TERMINATE_WITHIN, self.wait()).await.is_err() {
                self.kill();
                if timeout(KILL_WITHIN, self.wait()).await.is_err() {
                    tracing::error!(
                        pid = self.child.id(),
                        "the process of an MCP server cannot be killed"
                    );
                }
            }
        }
        // No process holds the other end of stderr.
        if timeout(KILL_WITHIN, self.stderr.join_next()).await.is_err() {
            self.stderr.abort_all();
        }
    }

    fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // An error means that the group is empty.
            kill_process_group(group, signal).ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Passes stderr to `say`, line by line. Reads all of it, so that the pipe never fills up.
async fn lines(pipe: impl AsyncRead + Unpin, mut say: impl FnMut(&str)) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        // A broken pipe counts as the end.
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
        let command = CommandLine {
            program: "/bin/sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: vec![("ONLY".to_owned(), Secret::new("this"))],
        };
        Process::start(&command, &"test".into()).unwrap()
    }

    async fn read(mut stdout: ChildStdout) -> String {
        let mut said = String::new();
        stdout.read_to_string(&mut said).await.unwrap();
        said
    }

    #[tokio::test]
    async fn our_environment_is_not_passed_on() {
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
    async fn a_process_that_stays_is_killed_with_its_descendants() {
        let script = "trap '' TERM; sleep 600 & echo up; while :; do sleep 1; done";
        let (process, (mut stdout, stdin)) = shell(script);
        let mut said = [0; 3];
        stdout.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"up\n");
        drop(stdin);
        process.end().await;
        // It ends once no process is left that could write.
        let rest = timeout(Duration::from_secs(5), stdout.read_to_end(&mut Vec::new())).await;
        assert!(rest.is_ok(), "a descendant is still running");
    }

    #[tokio::test]
    async fn dropping_it_kills_its_descendants() {
        let (process, (mut stdout, _stdin)) = shell("sleep 600 & echo up; sleep 600");
        let mut said = [0; 3];
        stdout.read_exact(&mut said).await.unwrap();
        drop(process);
        let rest = timeout(Duration::from_secs(5), stdout.read_to_end(&mut Vec::new())).await;
        assert!(rest.is_ok(), "a descendant is still running");
    }

    #[tokio::test]
    async fn a_process_may_exit_at_the_end_of_stdin() {
        let (mut process, (stdout, mut stdin)) = shell("read line; echo got $line; exit 3");
        stdin.write_all(b"this\n").await.unwrap();
        assert_eq!(read(stdout).await, "got this\n");
        let status = process.wait().await.unwrap();
        assert_eq!(status.code(), Some(3));
        process.end().await;
    }

    #[tokio::test]
    async fn long_lines_are_truncated() {
        let written = [&[b'x'; 1_000], &b"\n\n short \r\nlast"[..]].concat();
        let mut said = Vec::new();
        lines(written.as_slice(), |line| said.push(line.to_owned())).await;
        assert_eq!(
            said,
            ["x".repeat(LINE), "short".to_owned(), "last".to_owned()]
        );
    }

    #[tokio::test]
    async fn a_missing_program_is_reported() {
        let command = CommandLine {
            program: "/no/such/program".to_owned(),
            args: Vec::new(),
            env: Vec::new(),
        };
        let error = Process::start(&command, &"test".into()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("its program cannot be started: No such")
        );
    }
}
