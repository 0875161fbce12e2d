//! A worker that is stopped during calls, with reports, recordings and a webhook on a slow disk.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use parlor_common::{clock, random};
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::clips;
use serde_json::Value;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::bench::{Bench, Worker, agent_file, agent_is, agent_speaks, say};
use super::hearing::{self, Match};

/// Configured goodbye of the agent; the simulator speaks [`GOODBYE_CLIP`] for it.
const GOODBYE: &str = "Thank you, goodbye.";

const GOODBYE_CLIP: &str = "answer-bye";

/// How long calls may continue after the signal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Delays of the slow disk.
const FSYNC_MS: &str = "1500";
const WRITE_MS: &str = "20";

/// No server listens there, so reports stay in the spool.
const WEBHOOK: &str = "http://127.0.0.1:9/";

/// What remains of the calls after the worker has exited.
pub(crate) struct Left {
    /// How well the goodbye was found in the audio that each caller heard.
    pub(crate) heard: Vec<Match>,
    /// Complete reports.
    pub(crate) reports: Vec<Value>,
    /// How well the goodbye was found in each complete recording.
    pub(crate) recordings: Vec<Match>,
    /// Number of complete reports in the spool.
    pub(crate) spooled: usize,
    /// Number of partial files.
    pub(crate) partial: usize,
    /// Voice sessions that were closed with `session.end`.
    pub(crate) sessions: usize,
    /// Jobs that were reported to livekit-server as successful.
    pub(crate) succeeded: usize,
    /// Time from the end of the drain timeout to the exit of the process.
    pub(crate) took: Duration,
    pub(crate) status: ExitStatus,
    pub(crate) wrote: String,
}

/// What happens in a call when the drain timeout expires.
enum Busy {
    Listening,
    /// The agent is giving a long answer.
    Answered,
    /// The caller is speaking a long turn.
    Speaking,
}

/// Starts this many calls, stops the worker, and waits until it has exited.
pub(crate) async fn drain(calls: usize) -> Left {
    let bench = Bench::start(sim::Options::default()).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(random::random("drained"));
    let mut daemon = start(&bench, &folder, calls).await;
    let mut joining = JoinSet::new();
    for number in 0..calls {
        let caller = bench.caller_in(&format!("room-{number}"), "ada").await;
        let busy = match number % 3 {
            0 => Busy::Listening,
            1 => Busy::Answered,
            _ => Busy::Speaking,
        };
        joining.spawn(occupied(caller, busy));
    }
    let callers = joining.join_all().await;
    let marks: Vec<_> = callers.iter().map(|(it, _)| it.heard().len()).collect();
    daemon.terminate().await;
    let began = clock::now();
    let mut speaking = JoinSet::new();
    let mut heard = Vec::new();
    for (mut caller, busy) in callers {
        heard.push(caller.heard());
        speaking.spawn(async move {
            if matches!(busy, Busy::Speaking) {
                say(&mut caller, "caller-long").await;
            }
            caller
        });
    }
    let status = daemon.end().await;
    let took = began.elapsed().saturating_sub(DRAIN_TIMEOUT);
    let goodbye = clips::find(GOODBYE_CLIP).unwrap().samples();
    let heard = heard.iter().zip(marks);
    let heard = heard.map(|(heard, from)| hearing::find(&goodbye, &heard.since(from)));
    let heard = heard.collect();
    for caller in speaking.join_all().await {
        caller.leave().await;
    }
    let ended = bench.server.as_ref().unwrap().ended();
    let ended = ended.lock().clone();
    let succeeded = ended.iter().filter(|it| it.contains("JS_SUCCESS"));
    let left = Left {
        heard,
        reports: whole(&folder, ".json"),
        recordings: recordings(&folder, &goodbye),
        spooled: whole(&folder.join("spool"), ".json").len(),
        partial: files(&folder, ".part").len() + files(&folder.join("spool"), ".part").len(),
        sessions: bench.log.count(&sim::Entry::Ended("session.end")),
        succeeded: succeeded.count(),
        took,
        status,
        wrote: daemon.wrote(),
    };
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(bench.log.violations(), Vec::<String>::new());
    left
}

impl Left {
    /// Prints the results; `calls` is the number of calls.
    pub(crate) fn print(&self, calls: usize) {
        for found in &self.heard {
            println!("goodbye: {found}");
        }
        let heard = self.heard.iter().filter(|it| it.was_heard()).count();
        let recorded = self.recordings.iter().filter(|it| it.was_heard()).count();
        println!(
            "{calls} calls: {heard} heard the goodbye, {} reports, {} recordings ({recorded} with the \
             goodbye), {} spooled, {} partial files, {} sessions ended, {} jobs succeeded; the \
             process ended {:.1} s after the drain time with {}",
            self.reports.len(),
            self.recordings.len(),
            self.spooled,
            self.partial,
            self.sessions,
            self.succeeded,
            self.took.as_secs_f64(),
            self.status,
        );
    }

    /// Asserts that every caller heard the goodbye, and that no data of any call is lost.
    pub(crate) fn is_whole(&self, calls: usize) {
        self.is_heard(calls);
        self.is_kept(calls);
    }

    /// Asserts that every caller heard the goodbye, and that every recording contains it.
    fn is_heard(&self, calls: usize) {
        let heard = self.heard.iter().filter(|it| it.was_heard()).count();
        assert_eq!(heard, calls, "{:?}\n{}", self.heard, self.wrote);
        let recorded = self.recordings.iter().filter(|it| it.was_heard()).count();
        assert_eq!(recorded, calls, "{:?}", self.recordings);
    }

    /// Asserts that no data of any call is lost.
    pub(crate) fn is_kept(&self, calls: usize) {
        assert_eq!(self.reports.len(), calls, "{}", self.wrote);
        for report in &self.reports {
            assert_eq!(report["outcome"]["name"], "drained");
            let last = report["transcript"].as_array().unwrap().last();
            let last = last.expect("something was said");
            let words = clips::find(GOODBYE_CLIP).unwrap().words;
            assert_eq!(
                (&last["text"], &last["interrupted"]),
                (&words.into(), &false.into())
            );
        }
        assert_eq!(self.recordings.len(), calls, "{}", self.wrote);
        assert_eq!((self.spooled, self.partial), (calls, 0), "{}", self.wrote);
        assert_eq!(
            (self.sessions, self.succeeded),
            (calls, calls),
            "{}",
            self.wrote
        );
        assert!(self.took <= parlor::worker::LAST_WITHIN, "{:?}", self.took);
        assert_eq!(self.status.code(), Some(1), "calls were cut");
    }
}

async fn start(bench: &Bench, folder: &Path, calls: usize) -> Worker {
    let text = format!(
        "greeting = \"Hello\"\n[lines]\ngoodbye = \"{GOODBYE}\"\n\
         [report]\nfolder = '{0}'\nrecording = \"wav\"\n\
         [report.webhook]\nurl = \"{WEBHOOK}\"\nsecret = \"HOOK_SECRET\"\nspool = '{0}/spool'\n",
        folder.display(),
    );
    let agent = agent_file(&format!("{}.toml", random::random("drained")), &text);
    let calls = calls.to_string();
    let timeout = DRAIN_TIMEOUT.as_secs().to_string();
    let flags = [
        ["--agent", agent.to_str().unwrap()],
        ["--max-calls", &calls],
        ["--drain-timeout", &timeout],
    ];
    let slow = slow_disk().await;
    let variables = [
        ("LD_PRELOAD", slow.to_str().unwrap()),
        ("SLOW_FOLDER", folder.to_str().unwrap()),
        ("SLOW_FSYNC_MS", FSYNC_MS),
        ("SLOW_WRITE_MS", WRITE_MS),
        (
            "HOOK_SECRET",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
        ("PARLOR_LOG", "info,livekit=warn"),
    ];
    let daemon = bench.daemon_as(flags.as_flattened(), &variables);
    daemon.writes("\"registered\"").await;
    daemon
}

/// Waits until the caller was greeted, and brings the call into the state `busy`.
async fn occupied(mut caller: Caller, busy: Busy) -> (Caller, Busy) {
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    if matches!(busy, Busy::Answered) {
        say(&mut caller, "caller-long").await;
        agent_is(&mut state, "speaking").await;
    }
    (caller, busy)
}

/// Compiles a library for `LD_PRELOAD` that makes the disk slow.
async fn slow_disk() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(random::random("slow-disk"));
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .arg(&library)
        .arg(here.join("tests/e2e/slow_disk.c"))
        .arg("-ldl")
        .status();
    assert!(compiled.await.unwrap().success());
    library
}

/// Files with this ending in `folder` and in the daily folders below it.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("spool") && !path.ends_with("failed") {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// Contents of those files that are valid JSON.
fn whole(folder: &Path, end: &str) -> Vec<Value> {
    let texts = files(folder, end).into_iter().map(std::fs::read);
    texts
        .filter_map(|text| serde_json::from_slice(&text.unwrap()).ok())
        .collect()
}

/// How well the goodbye is found in the agent's channel of each recording.
fn recordings(folder: &Path, goodbye: &[i16]) -> Vec<Match> {
    let recordings = files(folder, ".wav").into_iter().map(|file| {
        let mut recording = hound::WavReader::open(file).unwrap();
        let both: Vec<i16> = recording.samples().map(Result::unwrap).collect();
        let agent: Vec<_> = both.into_iter().skip(1).step_by(2).collect();
        hearing::find(goodbye, &agent)
    });
    recordings.collect()
}
