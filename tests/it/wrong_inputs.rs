//! Every command with wrong inputs: a table of what it must say, and never say, and its exit code.

mod peers;
mod rows;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use parlor_common::clock;

use crate::output::forward;
use peers::Peers;
use rows::{Row, all};

/// Every secret in the table contains this word; no output may.
const CANARY: &str = "CANARY";

/// Words of libraries that say nothing to a user.
const JARGON: [&str; 6] = [
    "os error 98",
    "os error 111",
    "error sending request",
    "struct ",
    "invalid socket address syntax",
    "panicked",
];

/// Exit code of an invalid command line or configuration.
const USAGE: i32 = 64;

/// Timeout for a command to exit, or to say what it is expected to say.
const WITHIN: Duration = Duration::from_secs(60);

/// Number of processes that run concurrently; most of them wait for a peer.
const AT_ONCE: usize = 6;

#[test]
fn every_wrong_input_is_answered_with_what_is_wrong_and_what_to_do() {
    let peers = Peers::start();
    let rows = all();
    assert!(rows.len() >= 60, "{}", rows.len());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wrong_inputs");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(nth) else { break };
                    let ended = run(row, &peers, &folder.join(nth.to_string()));
                    let wrong = differences(row, &peers, &ended);
                    if !wrong.is_empty() {
                        let wrong = wrong.join("; ");
                        let report = format!("{}: {wrong}\n{}", row.name, ended.output);
                        failures.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {} rows:\n\n{}",
        failures.len(),
        rows.len(),
        failures.join("\n")
    );
}

/// How a command ended.
struct Ended {
    output: String,
    code: Option<i32>,
}

/// What is not as the row says.
fn differences(row: &Row, peers: &Peers, ended: &Ended) -> Vec<String> {
    let mut wrong = Vec::new();
    if ended.code != Some(row.code) {
        wrong.push(format!("exit code {:?}, not {}", ended.code, row.code));
    }
    for says in row.says {
        let says = peers.fill(says);
        if !ended.output.contains(&says) {
            wrong.push(format!("{says:?} is missing"));
        }
    }
    for never in row.never.iter().chain(&JARGON).chain(&[CANARY]) {
        if ended.output.contains(never) {
            wrong.push(format!("{never:?} is shown"));
        }
    }
    wrong
}

/// Runs the command of `row` in its own folder.
fn run(row: &Row, peers: &Peers, folder: &Path) -> Ended {
    std::fs::remove_dir_all(folder).ok();
    std::fs::create_dir_all(folder.join("folder")).unwrap();
    // Without a file in its folder, it would use one from a parent folder.
    std::fs::write(folder.join(".env"), "").unwrap();
    for (name, content) in row.files {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let arguments = row.command.split(' ').filter(|it| !it.is_empty());
    // An empty argument is written as two quotation marks.
    let arguments = arguments.map(|it| peers.fill(it).replace("''", ""));
    let variables = row.variables.iter();
    let core = std::env::var_os("PARLOR_NATIVE_CORE");
    let child = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .envs(core.map(|core| ("PARLOR_NATIVE_CORE", core)))
        .envs(variables.map(|(name, value)| (name, peers.fill(value))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = watch(child, row, peers);
    std::fs::remove_dir_all(folder).unwrap();
    ended
}

/// Waits until the command exits. One that runs on is terminated once it has said what it must.
fn watch(mut child: Child, row: &Row, peers: &Peers) -> Ended {
    let (lines, lines_out) = mpsc::channel();
    let stdout = forward(child.stdout.take().unwrap(), lines.clone());
    let stderr = forward(child.stderr.take().unwrap(), lines);
    let until = clock::now() + WITHIN;
    let mut output = String::new();
    let mut terminated = false;
    loop {
        match lines_out.recv_timeout(until.saturating_duration_since(clock::now())) {
            Ok(line) => output.push_str(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                output.push_str("(killed: it did not end in time)");
                break;
            }
        }
        let has_said = |says: &&str| output.contains(&peers.fill(says));
        if row.runs && !terminated && row.says.iter().all(has_said) {
            terminated = true;
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        }
    }
    let code = child.wait().unwrap().code();
    stdout.join().unwrap();
    stderr.join().unwrap();
    Ended { output, code }
}
