//! Runs one command until it exits or has started up.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use parlor_common::clock;

use super::breaks::Break;
use crate::output::forward;

/// Timeout for a command to exit or to print that it runs.
const WITHIN: Duration = Duration::from_secs(60);

/// Texts that a command prints once it runs until a signal; nothing new follows then.
const RUNS: [&str; 3] = [
    "listening on ",
    "not connected to LiveKit",
    "talk to the agent: ",
];

/// What a command has shown.
pub(super) struct Run {
    /// Everything that it printed, answered over HTTP and wrote to files.
    pub(super) output: String,
}

/// Runs `command` in its own folder.
pub(super) fn run(folder: &Path, broken: &Break, command: &[&str]) -> Run {
    std::fs::remove_dir_all(folder).ok();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("agent.toml"), &broken.agent).unwrap();
    // Without a file in its folder, it would use one from a parent folder.
    let dotenv = broken.dotenv.as_deref().unwrap_or_default();
    std::fs::write(folder.join(".env"), dotenv).unwrap();
    let format = ["json", "text"][broken.name.len() % 2];
    let child = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(command)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .env("PARLOR_LOG_FORMAT", format)
        .env("RUST_BACKTRACE", "1")
        .envs(broken.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = watch(child, &format!("{}: {command:?}", broken.name));
    output.push_str(&written(folder));
    std::fs::remove_dir_all(folder).unwrap();
    Run { output }
}

fn watch(mut child: Child, name: &str) -> String {
    let (lines, lines_out) = mpsc::channel();
    let mut readers = Vec::new();
    let stdout = child.stdout.take().unwrap();
    let stderr = child.stderr.take().unwrap();
    readers.push(forward(stdout, lines.clone()));
    readers.push(forward(stderr, lines));
    let until = clock::now() + WITHIN;
    let mut output = String::new();
    let mut asked = false;
    loop {
        let left = until.saturating_duration_since(clock::now());
        match lines_out.recv_timeout(left) {
            Ok(line) => {
                output.push_str(&line);
                if !asked && RUNS.iter().any(|runs| line.contains(runs)) {
                    asked = true;
                    output.push_str(&pages(&output));
                    terminate(&child);
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                panic!("{name} neither exited nor printed that it runs: {output}");
            }
        }
    }
    child.wait().unwrap();
    for reader in readers {
        reader.join().unwrap();
    }
    output
}

fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

/// The HTTP responses of the program at the addresses that it printed.
fn pages(output: &str) -> String {
    let after = |mark: &str| {
        let (_, rest) = output.split_once(mark)?;
        let end = rest.find(|it: char| !it.is_ascii_digit() && !"[].:".contains(it));
        Some(&rest[..end.unwrap_or(rest.len())])
    };
    let web = after("talk to the agent: http://");
    let ops = after("\"health\":\"").or_else(|| after("health="));
    let asked = [
        (web, "GET / HTTP/1.1", ""),
        (web, "POST /api/token HTTP/1.1", "{}"),
        (web, "POST /api/token HTTP/1.1", "{"),
        (ops, "GET /metrics HTTP/1.1", ""),
        (ops, "GET /worker HTTP/1.1", ""),
        (ops, "GET /calls HTTP/1.1", ""),
        (ops, "GET /nothing HTTP/1.1", ""),
    ];
    let answers = asked.into_iter().filter_map(|(at, line, body)| {
        let at = at?.trim_end_matches('/');
        let mut stream = TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(WITHIN)).unwrap();
        let length = body.len();
        let head = format!(
            "{line}\r\nHost: {at}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Some(String::from_utf8_lossy(&answer).into_owned())
    });
    answers.collect()
}

/// The content of all files that the command has written.
fn written(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            text.push_str(&written(&path));
        } else if name != ".env" && name != "agent.toml" {
            let bytes = std::fs::read(&path).unwrap();
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}
