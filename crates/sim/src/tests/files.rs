//! Checks the scenarios in `tests/scenarios` and the bundled ones: each is valid, declares its
//! effect on the call, and can be played to its last step.

use std::path::{Path, PathBuf};

use tokio::task::JoinSet;

use super::model::Model;
use super::peer::{Served, quick};
use crate::*;

/// Number of scenarios played concurrently.
const AT_ONCE: usize = 24;

/// Outcomes of a call in its report.
const ENDS: [&str; 5] = [
    "agent_ended",
    "agent_lost",
    "agent_rejected",
    "agent_timeout",
    "playout_overflow",
];

/// All scenario files, sorted by path.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut files = Vec::new();
    for folder in [root.join("contradictions"), root] {
        let inside = std::fs::read_dir(folder).unwrap();
        let paths = inside.map(|entry| entry.unwrap().path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|it| it == "toml")));
    }
    files.sort();
    files
}

/// All scenarios, by path or name.
fn all() -> Vec<(String, Scenario)> {
    let read = |path: PathBuf| match Scenario::read(&path) {
        Ok(scenario) => (path.display().to_string(), scenario),
        Err(error) => panic!("{error}"),
    };
    let bundled = |name: &str| (name.to_owned(), Scenario::bundled(name).unwrap());
    let files = files().into_iter().map(read);
    files.chain(Scenario::names().map(bundled)).collect()
}

#[test]
fn every_scenario_has_a_description_and_an_expected_effect() {
    let all = all();
    for (name, scenario) in &all {
        assert!(scenario.about().ends_with('.'), "{name}: about");
        assert!(scenario.about().len() < 150, "{name}: about is too long");
        match scenario.expect() {
            Some(Expect::Ended(how)) => assert!(ENDS.contains(&how.as_str()), "{name}: {how}"),
            Some(_) => {}
            None => panic!("{name} has no expected effect"),
        }
        let does_something = scenario.steps() > 0 || scenario.burst || scenario.odd_chunks;
        assert!(does_something, "{name} does nothing");
    }
    assert!(all.len() > 100, "{}", all.len());
}

#[test]
fn every_contradiction_of_the_reference_has_a_scenario() {
    let names: Vec<_> = files()
        .iter()
        .filter(|path| {
            path.parent()
                .is_some_and(|it| it.ends_with("contradictions"))
        })
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for row in 1..=30 {
        let row = format!("{row:02}");
        assert!(names.iter().any(|name| name.starts_with(&row)), "{row}");
    }
}

#[tokio::test]
async fn every_step_can_run() {
    let mut playing = JoinSet::new();
    let mut stuck = Vec::new();
    for (name, scenario) in all() {
        if playing.len() >= AT_ONCE {
            stuck.extend(playing.join_next().await.unwrap().unwrap());
        }
        playing.spawn(play(name, scenario));
    }
    while let Some(played) = playing.join_next().await {
        stuck.extend(played.unwrap());
    }
    assert_eq!(stuck, Vec::<String>::new());
}

/// Plays a scenario with the model client; returns the steps that never ran.
async fn play(name: String, scenario: Scenario) -> Vec<String> {
    let steps = scenario.steps();
    let mut model = Model::new(scenario.agents.first().map(|agent| agent.id.as_str()));
    let served = Served::start(Options {
        pace: Pace::RealTime,
        scenarios: vec![scenario],
        ..quick()
    })
    .await;
    let log = served.log.clone();
    let missing = || -> Vec<_> {
        let came = |step: &usize| log.count(&Entry::Acted(*step)) > 0;
        (0..steps).filter(|step| !came(step)).collect()
    };
    model.calls(&served, || missing().is_empty()).await;
    let missing = missing().into_iter();
    missing.map(|step| format!("{name}: step {step}")).collect()
}
