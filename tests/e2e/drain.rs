//! How processes exit after a signal.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use parlor::worker::LAST_WITHIN;
use parlor_common::clock;
use parlor_sim as sim;
use tokio::time::{sleep, timeout};

use super::bench::{Bench, SOON, agent_file, agent_is, agent_speaks};
use super::drained;

/// Bit of SIGTERM in a signal mask.
const SIGTERM: u64 = 1 << 14;

/// Whether a process exists.
fn is_there(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}/exe")).exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_drain_timeout_every_caller_hears_the_goodbye_and_no_report_is_lost() {
    let left = drained::drain(3).await;
    left.print(3);
    left.is_whole(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_during_the_goodbye_ends_the_worker_immediately() {
    let bench = Bench::start(sim::Options::default()).await;
    let agent = agent_file(
        "goodbye.toml",
        "greeting = \"Hello\"\n[lines]\ngoodbye = \"Thank you, goodbye.\"\n",
    );
    let flags = ["--agent", agent.to_str().unwrap(), "--drain-timeout", "0"];
    let mut daemon = bench.daemon(&flags).await;
    let caller = bench.caller_in("hall", "ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    daemon.terminate().await;
    agent_is(&mut state, "speaking").await;
    let began = clock::now();
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    let took = began.elapsed();
    println!("ended {} ms after the second SIGTERM", took.as_millis());
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(!daemon.wrote().contains("\"outcome\":\"drained\""));
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_the_first_cell_is_ready_ends_the_worker_and_its_cells() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon_with(&[]);
    daemon.writes("cell started").await;
    let cells = daemon.cells();
    assert!(cells.iter().all(|pid| is_there(*pid)));
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    assert!(!cells.iter().any(|pid| is_there(*pid)), "{cells:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_registration_ends_the_worker() {
    let bench = Bench::start(sim::Options::default()).await;
    // No server listens there.
    let mut daemon = bench.daemon_with(&[("LIVEKIT_URL", "ws://127.0.0.1:9")]);
    daemon.writes("not connected to LiveKit").await;
    let cells = daemon.cells();
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    assert!(!cells.iter().any(|pid| is_there(*pid)), "{cells:?}");
}

/// Waits until a process handles SIGTERM.
async fn watches(pid: u32) {
    let watching = async {
        loop {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let caught = status.lines().find_map(|it| it.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
            if caught & SIGTERM != 0 {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(SOON, watching)
        .await
        .expect("the process handles SIGTERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_at_the_very_start_ends_every_command() {
    let bench = Bench::start(sim::Options::default()).await;
    let commands: [&[&str]; 7] = [
        &["start", "--health", "127.0.0.1:0"],
        &["dev"],
        &["join", "--room", "kitchen"],
        &["web", "--listen", "127.0.0.1:0"],
        &["sim", "--listen", "127.0.0.1:0"],
        &["demo", "--out", "early-demo.wav"],
        &["demo", "--web", "127.0.0.1:0", "--no-open"],
    ];
    for command in commands {
        let mut process = bench.command(command);
        watches(process.pid()).await;
        let began = clock::now();
        process.terminate().await;
        let code = process.end().await.code();
        println!(
            "{command:?}: {code:?} after {} ms",
            began.elapsed().as_millis()
        );
        assert_eq!(code, Some(0), "{command:?}: {}", process.wrote());
    }
}

#[test]
fn help_and_deployment_files_allow_enough_time_to_drain() {
    let last = LAST_WITHIN.as_secs();
    let help = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(["start", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains(&format!("{last} seconds later")), "{help}");
    let file = |name: &str| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(here.join(name)).unwrap()
    };
    let number = |text: &str, before: &str| -> u64 {
        let (_, rest) = text.split_once(before).expect(before);
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    let pod = file("deploy/k8s.yaml");
    let drain = number(&pod, "\"--drain-timeout\", \"");
    let grace = number(&pod, "terminationGracePeriodSeconds: ");
    assert!(grace >= drain + last, "{grace}");
    // The other deployments use the default drain timeout.
    let default = 3600 + last;
    let unit = number(&file("deploy/parlor.service"), "\nTimeoutStopSec=");
    assert!(unit >= default, "{unit}");
    let minutes = number(&file("deploy/compose.yaml"), "stop_grace_period: ");
    assert!(minutes * 60 >= default, "{minutes}");
    let stop = number(&file("deploy/Dockerfile"), "docker stop --time ");
    assert!(stop >= default, "{stop}");
}
