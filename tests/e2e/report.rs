//! The report and the recording of a real call.

use std::path::{Path, PathBuf};

use parlor_common::random;
use parlor_sim as sim;
use parlor_sim::clips;
use serde_json::Value;

use super::bench::{Bench, GREETING, agent_speaks, echo};
use super::hearing;

/// The file in `folder` whose name ends in `end`.
fn file(folder: &Path, end: &str) -> PathBuf {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let mut files = files.filter(|it| it.display().to_string().ends_with(end));
    files
        .next()
        .unwrap_or_else(|| panic!("no {end} in {}", folder.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_call_is_reported_and_recorded() {
    let bench = Bench::start(sim::Options::default()).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(random::random("reported"));
    let agent = std::env::temp_dir()
        .join(random::random("report"))
        .with_extension("toml");
    let text = format!(
        "greeting = \"Hello\"\n[report]\nfolder = '{}'\nrecording = \"wav\"\n\
         [report.redact]\npatterns = [\"(?i)opening hours\"]\n",
        folder.display(),
    );
    std::fs::write(&agent, text).unwrap();
    let mut worker = bench.worker_with(&["--agent", agent.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    let heard = echo(&mut caller, "caller-hours").await;
    assert!(heard.was_heard(), "{heard:?}");
    bench.ends(caller, &mut worker).await;
    std::fs::remove_file(agent).unwrap();
    let day = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    let report = std::fs::read(file(&day.path(), ".json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["outcome"]["name"], "caller_left");
    assert_eq!(report["call"]["callers"], serde_json::json!(["ada"]));
    assert_eq!(report["recording"]["dropped_frames"], 0);
    let turns = report["transcript"].as_array().unwrap();
    let speakers: Vec<_> = turns
        .iter()
        .map(|it| it["speaker"].as_str().unwrap())
        .collect();
    assert_eq!(speakers, ["agent", "caller", "agent"], "{turns:?}");
    let said = turns[1]["text"].as_str().unwrap();
    assert!(
        said.contains("[redacted]") && !said.contains("hours"),
        "{said}"
    );
    assert_eq!(report["summary"]["audible_ms"]["count"], 1);
    println!(
        "audible after {} ms",
        report["summary"]["audible_ms"]["p50"]
    );

    let mut recording = hound::WavReader::open(file(&day.path(), ".wav")).unwrap();
    let both: Vec<i16> = recording.samples().map(Result::unwrap).collect();
    let side = |side| {
        both.iter()
            .skip(side)
            .step_by(2)
            .copied()
            .collect::<Vec<_>>()
    };
    let (left, right) = (side(0), side(1));
    let clip = |name| clips::find(name).unwrap().samples();
    let greeted = hearing::find(&clip(GREETING), &right);
    println!("greeting in the recording: {greeted}");
    assert!(greeted.was_heard(), "{greeted:?}");
    let said = hearing::find(&clip("caller-hours"), &left);
    println!("caller in the recording: {said}");
    assert!(said.was_heard(), "{said:?}");
    assert!(said.start > greeted.start, "both channels share one clock");
    std::fs::remove_dir_all(folder).unwrap();
}
