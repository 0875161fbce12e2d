//! Reports and recordings of calls: files, and deliveries to a webhook.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use parking_lot::Mutex;
use parlor_common::random;
use parlor_core::audio::Frame;
use parlor_core::conversation::{Fact, Latency, Limit, Outcome, ToolDropped, Utterance};
use parlor_report::{CallInfo, ReportSpec, Reports, RetryPolicy};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Timeout of a single step.
const SOON: Duration = Duration::from_secs(20);

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A temporary folder for one test.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(random::random("report")))
    }

    /// The reports of one process, in this folder.
    fn reports(&self, more: &str) -> Reports {
        let folder = self.0.display();
        let spec = format!("folder = '{folder}/reports'\n{more}");
        let spec: ReportSpec = toml::from_str(&spec).unwrap();
        spec.build(&[("SECRET", SECRET)].into_iter().collect())
            .unwrap()
    }

    /// The same, with a webhook and short backoff.
    fn reports_to(&self, url: &str) -> Reports {
        let spool = self.0.display();
        let webhook =
            format!("[webhook]\nurl = '{url}'\nsecret = 'SECRET'\nspool = '{spool}/spool'");
        self.reports(&webhook).with_retry_policy(RetryPolicy {
            first: Duration::from_millis(20),
            longest: Duration::from_millis(40),
            refusals: 2,
        })
    }

    /// All files in the folder of reports, sorted.
    fn files(&self) -> Vec<PathBuf> {
        self.all("reports")
    }

    fn all(&self, folder: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files.push(path),
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn call_info(id: &str) -> CallInfo {
    CallInfo {
        id: id.to_owned(),
        room: "kitchen".to_owned(),
        agent: "Parlor".to_owned(),
        continued: false,
    }
}

/// A short call that ends immediately.
async fn call(reports: &Reports, id: &str) {
    let mut report = reports.begin(call_info(id));
    report.caller(&"ada".into());
    let said = Fact::UserTranscript {
        item: None,
        text: "my card is 4111 1111".to_owned().into(),
        is_final: true,
    };
    report.fact(Duration::from_millis(1_500), &said);
    report.finish(&Outcome::CallerLeft).await;
}

/// Waits until `is_so` holds.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        timeout(SOON, waiting).await.is_ok(),
        "the condition did not become true in time"
    );
}

/// A webhook receiver that answers with the given statuses, and with 200 after them.
struct Receiver {
    url: String,
    got: watch::Receiver<Vec<(HeaderMap, Bytes)>>,
    _serving: JoinSet<()>,
}

type Shared = Arc<(
    Mutex<VecDeque<StatusCode>>,
    watch::Sender<Vec<(HeaderMap, Bytes)>>,
)>;

impl Receiver {
    async fn start(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, got) = watch::channel(Vec::new());
        let answers = answers.iter().map(|it| StatusCode::from_u16(*it).unwrap());
        let shared: Shared = Arc::new((Mutex::new(answers.collect()), sender));
        let pages = Router::new()
            .route("/hook", post(receive))
            .with_state(shared);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, pages).await.unwrap() });
        Self {
            url,
            got,
            _serving: serving,
        }
    }

    /// Waits until `count` deliveries have arrived.
    async fn gets(&mut self, count: usize) {
        let got = self.got.wait_for(|got| got.len() >= count);
        assert!(
            timeout(SOON, got).await.is_ok(),
            "{count} deliveries did not arrive in time"
        );
    }

    /// The ids of the delivered calls, sorted. Checks that each delivery is signed and valid.
    fn calls(&self) -> Vec<String> {
        let webhook = Webhook::new(SECRET).unwrap();
        let got = self.got.borrow();
        let calls = got.iter().map(|(headers, body)| {
            webhook.verify(body, headers).unwrap();
            let event: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(event["type"], "call.ended");
            assert_eq!(event["timestamp"], event["data"]["call"]["ended"]);
            assert_eq!(
                headers["webhook-id"],
                event["data"]["call"]["id"].as_str().unwrap()
            );
            is_valid(&event["data"]);
            headers["webhook-id"].to_str().unwrap().to_owned()
        });
        let mut calls: Vec<_> = calls.collect();
        calls.sort();
        calls
    }
}

async fn receive(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(header::HeaderName, &'static str); 1]) {
    let status = shared.0.lock().pop_front().unwrap_or(StatusCode::OK);
    shared.1.send_modify(|got| got.push((headers, body)));
    (status, [(header::LOCATION, "/hook")])
}

/// Delivers reports during `meanwhile`, then stops it gracefully.
async fn delivering(reports: Reports, meanwhile: impl Future<Output = ()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let delivery = reports.deliver(async {
        stopped.await.ok();
    });
    let (delivered, ()) = tokio::join!(delivery, async {
        meanwhile.await;
        drop(stop);
    });
    delivered.unwrap();
}

/// Validates a report against the published schema.
fn is_valid(report: &Value) {
    let schema = include_str!("../../deploy/report.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(report)
        .map(|it| it.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// One of each kind of fact that a report can contain.
fn facts() -> Vec<Fact> {
    let call = || "call_1".into();
    let name = || "look_up".to_owned();
    let waited = Latency {
        committed: Duration::from_millis(300),
        first_token: None,
        audible: Duration::from_millis(700),
    };
    vec![
        Fact::SessionReady { session: None },
        Fact::Audible {
            utterance: Utterance(1),
            waited: Some(waited),
        },
        Fact::Silenced { after: None },
        Fact::Interrupted {
            utterance: Utterance(1),
            played: Duration::from_secs(1),
        },
        Fact::AgentTranscript {
            utterance: Utterance(1),
            text: "Hello".to_owned().into(),
            interrupted: true,
        },
        Fact::ToolCalled {
            call: call(),
            name: name(),
            arguments: "{}".to_owned().into(),
        },
        Fact::ToolDropped {
            call: call(),
            name: name(),
            why: ToolDropped::Interrupted,
        },
        Fact::ToolCalled {
            call: call(),
            name: name(),
            arguments: "{\"a\": 1}".to_owned().into(),
        },
        Fact::ToolAnswered {
            call: call(),
            name: name(),
            result: "none".to_owned().into(),
            is_error: true,
            after: Duration::from_millis(40),
        },
        Fact::PhaseEntered {
            phase: "billing".to_owned(),
        },
        Fact::AgentBack {
            resumed: false,
            after: Duration::from_millis(600),
        },
        Fact::LimitReached(Limit::Turns),
        Fact::Used {
            connected: Duration::from_secs(4),
            cost: Some(0.01),
        },
    ]
}

#[tokio::test]
async fn a_call_leaves_a_report_and_a_recording_that_only_the_owner_can_read() {
    let place = Place::new();
    let reports = place.reports("recording = 'wav'\ntool_payloads = true\ncurrency = 'EUR'");
    let mut report = reports.begin(call_info("AJ_1"));
    let tap = report.tap().unwrap();
    tap.caller(parlor_common::clock::now(), &Frame::new(vec![1; 240]));
    for (second, fact) in facts().iter().enumerate() {
        report.fact(Duration::from_secs(second as u64), fact);
    }
    report.finish(&Outcome::Limit(Limit::Turns)).await;
    let files = place.files();
    let names: Vec<_> = files
        .iter()
        .map(|it| it.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["AJ_1.json", "AJ_1.wav"]);
    for file in &files {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let folder = fs::metadata(files[0].parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);

    let report = read(&files[0]);
    is_valid(&report);
    let day = files[0]
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    assert_eq!(report["call"]["started"].as_str().unwrap()[..10], *day);
    assert_eq!(report["outcome"]["name"], "limit_turns");
    assert_eq!(report["outcome"]["success"], true);
    assert_eq!(report["summary"]["audible_ms"]["p95"], 700);
    assert_eq!(report["summary"]["tool_errors"], 1);
    assert_eq!(report["tools"][1]["arguments"]["a"], 1);
    assert_eq!(report["usage"]["currency"], "EUR");
    assert_eq!(report["recording"]["file"], "AJ_1.wav");
}

#[tokio::test]
async fn redacted_text_is_not_in_the_report() {
    let place = Place::new();
    let reports = place.reports("[redact]\ndigits = true\nidentity = true");
    call(&reports, "AJ_1").await;
    let report = read(&place.files()[0]);
    is_valid(&report);
    assert_eq!(report["transcript"][0]["text"], "my card is [digits]");
    assert_eq!(report["call"]["callers"][0], "[redacted]");
}

#[tokio::test]
async fn a_call_id_cannot_name_a_file_in_another_folder() {
    let place = Place::new();
    call(&place.reports(""), "../../../AJ_1").await;
    let files = place.files();
    assert_eq!(files[0].file_name().unwrap(), "_________AJ_1.json");
    assert_eq!(read(&files[0])["call"]["id"], "../../../AJ_1");
}

#[tokio::test]
async fn only_expired_reports_are_removed() {
    let place = Place::new();
    let reports = place.reports("retention_days = 30");
    call(&reports, "AJ_1").await;
    let today = place.files();
    let old = place.0.join("reports").join("2020-02-03");
    let other = place.0.join("reports").join("notes");
    for folder in [&old, &other] {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("AJ_0.json"), "{}").unwrap();
        fs::write(folder.join("AJ_0.wav"), "").unwrap();
    }
    let bystander = old.join("read me.txt");
    fs::write(&bystander, "").unwrap();
    let is_swept = || !old.join("AJ_0.json").exists() && !old.join("AJ_0.wav").exists();
    delivering(reports, until(is_swept)).await;
    let mut left = vec![bystander, other.join("AJ_0.json"), other.join("AJ_0.wav")];
    left.extend(today);
    left.sort();
    assert_eq!(place.files(), left);
}

#[tokio::test]
async fn a_delivery_is_retried_until_it_succeeds() {
    let place = Place::new();
    let mut receiver = Receiver::start(&[500, 503]).await;
    let reports = place.reports_to(&receiver.url);
    delivering(reports.clone(), async {
        call(&reports, "AJ_1").await;
        receiver.gets(3).await;
        until(|| place.all("spool").is_empty()).await;
    })
    .await;
    assert_eq!(
        receiver.calls(),
        ["AJ_1"; 3],
        "the id is the same each time"
    );
}

#[tokio::test]
async fn an_undelivered_report_outlives_its_process() {
    let place = Place::new();
    let mut receiver = Receiver::start(&[]).await;
    call(&place.reports_to(&receiver.url), "AJ_1").await;
    assert_eq!(place.all("spool").len(), 1);
    delivering(place.reports_to(&receiver.url), async {
        receiver.gets(1).await;
        until(|| place.all("spool").is_empty()).await;
    })
    .await;
    delivering(place.reports_to(&receiver.url), async {}).await;
    assert_eq!(receiver.calls(), ["AJ_1"]);
}

#[tokio::test]
async fn due_reports_are_still_delivered_when_the_process_ends() {
    let place = Place::new();
    let receiver = Receiver::start(&[]).await;
    let reports = place.reports_to(&receiver.url);
    call(&reports, "AJ_1").await;
    delivering(reports, async {}).await;
    assert_eq!(receiver.calls(), ["AJ_1"]);
}

#[tokio::test]
async fn a_receiver_that_answers_410_gets_no_retry() {
    let place = Place::new();
    let mut receiver = Receiver::start(&[410]).await;
    let reports = place.reports_to(&receiver.url);
    call(&reports, "AJ_1").await;
    delivering(reports, async {
        receiver.gets(1).await;
        until(|| place.all("spool").is_empty()).await;
    })
    .await;
    assert_eq!(receiver.calls(), ["AJ_1"]);
}

#[tokio::test]
async fn a_report_that_is_rejected_too_often_is_given_up_and_kept() {
    let place = Place::new();
    // A redirect is not followed and counts as a rejection.
    let mut receiver = Receiver::start(&[307, 400]).await;
    let reports = place.reports_to(&receiver.url);
    call(&reports, "AJ_1").await;
    delivering(reports, async {
        receiver.gets(2).await;
        until(|| place.all("spool/failed").len() == 1).await;
    })
    .await;
    assert_eq!(receiver.calls(), ["AJ_1"; 2]);
    assert_eq!(
        place.all("spool").len(),
        1,
        "only in the folder of failed reports"
    );
}

#[tokio::test]
async fn couriers_that_share_a_spool_deliver_once() {
    let place = Place::new();
    let mut receiver = Receiver::start(&[]).await;
    let calls: Vec<_> = (10..40).map(|number| format!("AJ_{number}")).collect();
    let reports = place.reports_to(&receiver.url);
    for id in &calls {
        call(&reports, id).await;
    }
    let (one, other) = (
        place.reports_to(&receiver.url),
        place.reports_to(&receiver.url),
    );
    let is_empty = || place.all("spool").is_empty();
    let getting = async {
        receiver.gets(calls.len()).await;
        until(is_empty).await;
    };
    tokio::join!(delivering(one, getting), delivering(other, until(is_empty)));
    assert_eq!(receiver.calls(), calls);
}

#[tokio::test]
async fn a_report_that_cannot_be_written_does_not_keep_the_call_from_ending() {
    let place = Place::new();
    fs::create_dir_all(&place.0).unwrap();
    fs::write(place.0.join("reports"), "a file in the place of the folder").unwrap();
    let mut receiver = Receiver::start(&[]).await;
    let reports = place.reports_to(&receiver.url);
    delivering(reports.clone(), async {
        call(&reports, "AJ_1").await;
        receiver.gets(1).await;
    })
    .await;
    assert_eq!(receiver.calls(), ["AJ_1"], "the webhook gets the report");
}
