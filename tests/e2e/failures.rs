//! Failures: the worker prints one clear line, exits with a code other than 0, and leaves nothing
//! running.

use std::time::Duration;

use parlor_common::clock;
use parlor_sim as sim;
use tokio::process::Command;

use super::bench::{Bench, SOON, Worker, agent_is, agent_speaks, playing};

/// Asserts that the worker failed with a single line that contains each of `words`.
async fn fails(worker: &mut Worker, words: &[&str]) {
    let status = worker.end().await;
    let said = worker.said();
    println!("exit {:?}: {}", status.code(), said.join(" / "));
    assert_eq!(status.code(), Some(1), "{}", worker.wrote());
    assert_eq!(said.len(), 1, "{}", worker.wrote());
    assert!(!worker.wrote().contains("eyJ"), "a token was printed");
    for word in words {
        assert!(said[0].contains(word), "{word:?} is not in {:?}", said[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_livekit_key_is_reported() {
    let bench = Bench::start(sim::Options::default()).await;
    let wrong = [(
        "LIVEKIT_API_SECRET",
        "a-secret-that-is-not-the-server's-own",
    )];
    fails(&mut bench.worker_with(&[], &wrong), &["LIVEKIT_API_KEY"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_livekit_is_reported() {
    let bench = Bench::start(sim::Options::default()).await;
    let nowhere = [("LIVEKIT_URL", "ws://127.0.0.1:9")];
    fails(
        &mut bench.worker_with(&[], &nowhere),
        &["ws://127.0.0.1:9", "LIVEKIT_URL"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_voice_agent_api_is_reported() {
    let bench = Bench::start(sim::Options::default()).await;
    let nowhere = [("ASSEMBLYAI_BASE_URL", "ws://127.0.0.1:9")];
    let mut worker = bench.worker_with(&[], &nowhere);
    let caller = bench.caller("ada").await;
    fails(&mut worker, &["cannot reach", "ASSEMBLYAI_BASE_URL"]).await;
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsupported_proxy_is_reported() {
    let bench = Bench::start(sim::Options::default()).await;
    let proxy = ("ALL_PROXY", "socks5://user:hunter2@proxy.example:1080");
    let server = ("LIVEKIT_URL", "ws://livekit.example.test");
    let daemon = bench.daemon_with(&[proxy, server]);
    daemon
        .writes("the proxy socks5://proxy.example:1080 ")
        .await;
    assert!(!daemon.wrote().contains("hunter2"), "{}", daemon.wrote());
    // livekit-server runs on this machine and is reached without the proxy.
    let api = ("ASSEMBLYAI_BASE_URL", "ws://agents.example.test");
    let mut worker = bench.worker_with(&[], &[proxy, api]);
    let caller = bench.caller("ada").await;
    fails(&mut worker, &["the proxy socks5://proxy.example:1080 "]).await;
    assert!(!worker.wrote().contains("hunter2"), "{}", worker.wrote());
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_assemblyai_key_is_reported() {
    let bench = Bench::start(sim::Options {
        key: Some("another-key".to_owned()),
        ..sim::Options::default()
    })
    .await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    fails(&mut worker, &["unauthorized", "ASSEMBLYAI_API_KEY"]).await;
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_session_is_reported() {
    let bench = Bench::start(playing(&["forbidden"])).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    fails(&mut worker, &["forbidden", "check ASSEMBLYAI_API_KEY"]).await;
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_voice_is_reported_and_replaced() {
    let bench = Bench::start(sim::Options::default()).await;
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/ivy.toml");
    std::fs::write(file, "greeting = \"Hello\"\n[voice]\nname = \"ivy\"\n").unwrap();
    let mut worker = bench.worker_with(&["--agent", file], &[]);
    let caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    caller.leave().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert!(
        worker.wrote().contains("parlor doctor"),
        "{}",
        worker.wrote()
    );
    assert!(
        worker.wrote().contains("output.voice"),
        "{}",
        worker.wrote()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_never_ready_is_reported() {
    let bench = Bench::start(playing(&["never-ready"])).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    worker.writes("cannot open voice session").await;
    fails(&mut worker, &["not ready in time"]).await;
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_reported_and_ends_the_worker() {
    let mut bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    let began = clock::now();
    bench.server.take().unwrap().kill().await.unwrap();
    fails(&mut worker, &["connection to LiveKit was lost"]).await;
    println!(
        "the worker ended {:.1} s after the server",
        began.elapsed().as_secs_f64()
    );
    assert!(
        bench.log.received("session.end"),
        "the voice session was closed"
    );
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_room_is_left() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker_with(&["--caller-wait", "1"], &[]);
    fails(&mut worker, &["no caller joined"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_settings_are_reported_together() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command
        .args(["join", "--room", "kitchen"])
        .env_clear()
        .current_dir(env!("CARGO_TARGET_TMPDIR"));
    let mut worker = Worker::spawn(command);
    assert_eq!(worker.end().await.code(), Some(64));
    let wrote = worker.wrote();
    for name in [
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "ASSEMBLYAI_API_KEY",
    ] {
        assert!(wrote.contains(name), "{wrote}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_native_core_is_reported() {
    let bench = Bench::start(sim::Options::default()).await;
    let nowhere = [("PARLOR_NATIVE_CORE", "/nowhere/liblivekit_ffi.so")];
    fails(&mut bench.worker_with(&[], &nowhere), &["make setup"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_loss_of_the_voice_agent_api_is_reported() {
    let mut bench = Bench::start(sim::Options::default()).await;
    let gate = bench.gate_to_the_agent().await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    gate.hold("", Duration::from_secs(60));
    fails(&mut worker, &["Voice Agent API"]).await;
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_reports_what_works_and_what_does_not() {
    let bench = Bench::start(sim::Options::default()).await;
    let doctor = |url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command
            .arg("doctor")
            .env("LIVEKIT_URL", url)
            .env("LIVEKIT_API_KEY", &bench.livekit.api_key)
            .env("LIVEKIT_API_SECRET", bench.livekit.api_secret.reveal())
            .env("ASSEMBLYAI_BASE_URL", bench.agent_url())
            .env("ASSEMBLYAI_API_KEY", "e2e-key")
            .current_dir(env!("CARGO_TARGET_TMPDIR"));
        Worker::spawn(command)
    };
    let mut well = doctor(&bench.livekit.url);
    let status = tokio::time::timeout(SOON, well.end()).await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", well.wrote());
    assert!(
        well.wrote().contains("alba"),
        "it lists the voices: {}",
        well.wrote()
    );
    assert!(well.wrote().contains("0.13.2"), "{}", well.wrote());
    let mut unwell = doctor("ws://127.0.0.1:9");
    assert_eq!(unwell.end().await.code(), Some(1), "{}", unwell.wrote());
    assert!(
        unwell.wrote().contains("FAIL livekit"),
        "{}",
        unwell.wrote()
    );
}
