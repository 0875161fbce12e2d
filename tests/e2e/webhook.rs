//! Signatures of report webhooks, verified with the JavaScript library of Standard Webhooks.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use parlor_common::random;
use parlor_core::conversation::Outcome;
use parlor_report::{CallInfo, ReportSpec, Reports, RetryPolicy};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::bench::SOON;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

const OTHER_SECRET: &str = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

/// A receiver process; killed on drop.
struct Receiver {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Receiver {
    /// Starts a receiver that verifies signatures with `secret`.
    async fn start(secret: &str) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let library = here.join("target/tools/webhooks");
        assert!(
            library.join("node_modules").exists(),
            "run scripts/setup.sh"
        );
        let mut child = Command::new("node")
            .arg(here.join("tests/e2e/receiver/receiver.mjs"))
            .arg(library)
            .env("SECRET", secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = next(&mut lines).await;
        Self {
            _child: child,
            lines,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Status that it returned for the next request, and the type of the event.
    async fn answers(&mut self) -> String {
        next(&mut self.lines).await
    }
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = timeout(SOON, lines.next_line()).await;
    line.expect("the receiver answers in time")
        .unwrap()
        .expect("the receiver is running")
}

/// A new spool folder.
fn spool() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(random::random("webhook"))
}

fn reports(url: &str, spool: &Path) -> Reports {
    let spool = spool.display();
    let spec = format!("[webhook]\nurl = '{url}'\nsecret = 'SECRET'\nspool = '{spool}'");
    let spec: ReportSpec = toml::from_str(&spec).unwrap();
    let reports = spec
        .build(&[("SECRET", SECRET)].into_iter().collect())
        .unwrap();
    reports.with_retry_policy(RetryPolicy {
        refusals: 1,
        ..RetryPolicy::default()
    })
}

/// Ends a call, and delivers its report until the spool is empty.
async fn reported(reports: Reports, spool: &Path) {
    let call_info = CallInfo {
        id: "AJ_1".to_owned(),
        room: "kitchen".to_owned(),
        agent: "Zoë".to_owned(),
        continued: false,
    };
    reports.begin(call_info).finish(&Outcome::CallerLeft).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let delivery = reports.deliver(async {
        stopped.await.ok();
    });
    let (ended, ()) = tokio::join!(delivery, async {
        let settled = async {
            while waiting(spool) > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(
            timeout(SOON, settled).await.is_ok(),
            "the report is still in the spool"
        );
        drop(stop);
    });
    ended.unwrap();
}

/// Number of reports in a folder.
fn waiting(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).into_iter().flatten();
    files
        .filter(|it| it.as_ref().unwrap().path().is_file())
        .count()
}

#[tokio::test]
async fn a_third_party_library_verifies_the_signature() {
    let mut receiver = Receiver::start(SECRET).await;
    let spool = spool();
    reported(reports(&receiver.url, &spool), &spool).await;
    assert_eq!(receiver.answers().await, "204 call.ended");
    assert_eq!(waiting(&spool.join("failed")), 0);
    std::fs::remove_dir_all(spool).unwrap();
}

#[tokio::test]
async fn a_wrong_secret_fails_the_verification() {
    let mut receiver = Receiver::start(OTHER_SECRET).await;
    let spool = spool();
    reported(reports(&receiver.url, &spool), &spool).await;
    assert_eq!(receiver.answers().await, "401 ");
    assert_eq!(waiting(&spool.join("failed")), 1);
    std::fs::remove_dir_all(spool).unwrap();
}
