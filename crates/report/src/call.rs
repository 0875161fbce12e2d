//! The report of one call: collected during the call and written at its end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parlor_common::clock;
use parlor_core::conversation::{Fact, Outcome};
use parlor_core::ids::Identity;
use serde::Serialize;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::document::{About, Ending, Recorded, Report, SCHEMA_VERSION, Summary};
use super::recording::{Recording, Tap};
use super::timeline::{MutedSpan, TimelineBuilder};
use super::{CallInfo, Outgoing, ReportSettings, folder, timestamp};

/// How long the end of a call waits for the disk.
pub const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Maximum number of callers in a report.
const CALLERS: usize = 100;

/// The report of a call in progress.
#[derive(Debug)]
pub struct CallReport {
    settings: Arc<ReportSettings>,
    call_info: CallInfo,
    started: SystemTime,
    began: Instant,
    callers: Vec<Identity>,
    timeline: TimelineBuilder,
    recording: Option<Recording>,
}

/// Body of the webhook's request: an event as Standard Webhooks recommends it.
#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: &'a str,
    data: &'a Report,
}

impl CallReport {
    /// Starts the report of a call that begins at this moment.
    pub(super) fn begin(settings: &Arc<ReportSettings>, call_info: CallInfo) -> Self {
        let (started, began) = (clock::wall(), clock::now());
        let redactor = Arc::clone(&settings.redactor);
        let recording = settings.recording.extension().and_then(|extension| {
            let file = settings.file(&call_info, started, extension)?;
            Some(Recording::start(settings.recording, file, began))
        });
        Self {
            settings: Arc::clone(settings),
            call_info,
            started,
            began,
            callers: Vec::new(),
            timeline: TimelineBuilder::new(
                redactor,
                settings.tool_payloads,
                settings.currency.clone(),
            ),
            recording,
        }
    }

    /// The input of the recording; `None` if the call is not recorded.
    pub fn tap(&self) -> Option<Tap> {
        self.recording.as_ref().map(Recording::tap)
    }

    /// Time since the call began.
    pub fn elapsed(&self) -> Duration {
        clock::now() - self.began
    }

    /// Adds a participant that the agent listens to.
    pub fn caller(&mut self, caller: &Identity) {
        if !self.callers.contains(caller) && self.callers.len() < CALLERS {
            self.callers.push(caller.clone());
        }
    }

    /// Adds a fact. `at` is the time since the call began.
    pub fn fact(&mut self, at: Duration, fact: &Fact) {
        self.timeline.fact(at, fact);
    }

    /// Ends the report: writes it, completes the recording, and puts the report into the spool,
    /// within 10 s. Logs failures as errors that name the file.
    pub async fn finish(self, outcome: &Outcome) {
        let lasted = self.elapsed();
        let about = self.about(lasted);
        let Self {
            settings,
            call_info,
            started,
            timeline,
            recording,
            ..
        } = self;
        let (timeline, muted) = timeline.close(lasted);
        let report = Report {
            version: SCHEMA_VERSION,
            parlor: env!("CARGO_PKG_VERSION"),
            call: about,
            outcome: Ending {
                name: outcome.name(),
                words: outcome.explanation(),
                success: outcome.is_success(),
            },
            summary: Summary::of(&timeline),
            timeline,
            recording: recording
                .as_ref()
                .and_then(|it| settings.recorded(&call_info, it, &muted)),
        };
        let finished = FinishedCall {
            settings: &settings,
            call_info: &call_info,
            started,
        };
        tokio::join!(
            finished.write_report(&report),
            finished.hand_over(&report),
            finished.end_recording(recording, lasted, &muted),
        );
    }

    fn about(&self, lasted: Duration) -> About {
        let redactor = &self.settings.redactor;
        let callers = self.callers.iter();
        About {
            id: self.call_info.id.clone(),
            room: redactor.room(&self.call_info.room),
            callers: callers.map(|it| redactor.identity(it.as_str())).collect(),
            agent: self.call_info.agent.clone(),
            started: timestamp::rfc3339(self.started),
            ended: timestamp::rfc3339(self.started + lasted),
            duration_ms: milliseconds(lasted),
            continued: self.call_info.continued,
        }
    }
}

impl ReportSettings {
    /// The path of a file of the call; `None` if no folder is configured.
    fn file(&self, call_info: &CallInfo, started: SystemTime, extension: &str) -> Option<PathBuf> {
        let name = format!("{}.{extension}", folder::file_name(&call_info.id));
        let folder = self.folder.as_ref()?;
        Some(folder.path.join(timestamp::day(started)).join(name))
    }

    /// Describes a recording in the report; `None` if the recording failed.
    fn recorded(
        &self,
        call_info: &CallInfo,
        recording: &Recording,
        muted: &[MutedSpan],
    ) -> Option<Recorded> {
        let format = self.recording.extension()?;
        let muted = muted.iter().map(|it| it.to.saturating_sub(it.from)).sum();
        (!recording.has_failed()).then(|| Recorded {
            file: format!("{}.{format}", folder::file_name(&call_info.id)),
            format,
            dropped_frames: recording.dropped(),
            muted_ms: milliseconds(muted),
        })
    }
}

/// A call that has ended.
struct FinishedCall<'a> {
    settings: &'a ReportSettings,
    call_info: &'a CallInfo,
    started: SystemTime,
}

impl FinishedCall<'_> {
    async fn write_report(&self, report: &Report) {
        if let Some(file) = self.settings.file(self.call_info, self.started, "json") {
            let path = file.clone();
            let json = serde_json::to_vec_pretty(report);
            log_result(&path, on_disk(json, move |json| folder::write(&file, json))).await;
        }
    }

    async fn hand_over(&self, report: &Report) {
        if let Some(Outgoing { spool, put, .. }) = self.settings.webhook.clone() {
            let event = serde_json::to_vec(&Envelope {
                kind: "call.ended",
                timestamp: &report.call.ended,
                data: report,
            });
            let (call, path) = (
                self.call_info.id.clone(),
                spool.folder().join(folder::file_name(&self.call_info.id)),
            );
            let put_there = move |event: &[u8]| spool.put(&call, clock::wall(), event);
            log_result(&path, on_disk(event, put_there)).await;
            put.notify_one();
        }
    }

    async fn end_recording(
        &self,
        recording: Option<Recording>,
        lasted: Duration,
        muted: &[MutedSpan],
    ) {
        let extension = self.settings.recording.extension().unwrap_or_default();
        let file = self.settings.file(self.call_info, self.started, extension);
        if let (Some(recording), Some(file)) = (recording, file) {
            let dropped = recording.dropped();
            if dropped > 0 {
                tracing::warn!(
                    dropped,
                    "audio is missing in the recording: the disk may be too slow"
                );
            }
            log_result(&file, recording.finish(lasted, muted)).await;
        }
    }
}

/// Writes bytes in a blocking task.
async fn on_disk(
    bytes: serde_json::Result<Vec<u8>>,
    write: impl FnOnce(&[u8]) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    let bytes = bytes?;
    spawn_blocking(move || write(&bytes))
        .await
        .map_err(io::Error::other)?
}

/// Waits until a file is written, and logs the result.
async fn log_result(file: &Path, written: impl Future<Output = io::Result<()>>) {
    let file = file.display();
    match timeout(FINISH_WITHIN, written).await {
        Ok(Ok(())) => tracing::debug!(%file, "file written"),
        Ok(Err(error)) => tracing::error!(%file, %error, "failed to write a file"),
        Err(_elapsed) => tracing::error!(%file, "a file is not written yet: the disk is slow"),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
