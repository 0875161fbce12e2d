//! Runs every command with canaries as secrets: however a source of secrets is broken, no output,
//! log, page or report shows one.
#![allow(clippy::print_stdout, reason = "figures are printed")]

mod breaks;
mod echo;
mod process;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD;

use breaks::{Break, all};
use echo::Echo;
use process::{Run, run};

/// Every secret contains this word, and nothing else does.
pub(super) const CANARY: &str = "Canary7c1fe93b";

/// The commands to run.
const COMMANDS: [&[&str]; 13] = [
    &["--help"],
    &["--version"],
    &["start", "--help"],
    &["doctor"],
    &["doctor", "--json"],
    &["token", "--room", "kitchen"],
    &["join", "--room", "kitchen"],
    &["start", "--health", "127.0.0.1:0"],
    &["dev"],
    &["web", "--listen", "127.0.0.1:0"],
    &["sim", "--listen", "127.0.0.1:0"],
    &["cell"],
    &["demo", "--no-caller"],
];

/// The start of every access token, in lower case.
const TOKEN: &str = "eyj0exai";

/// Number of processes that run concurrently.
const AT_ONCE: usize = 4;

#[test]
fn no_command_shows_a_secret_whatever_is_wrong_with_its_source() {
    let echo = Echo::start();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("canary");
    let breaks = all(echo.address());
    let runs: Vec<(&Break, &[&str])> = breaks
        .iter()
        .flat_map(|it| {
            let commands = COMMANDS.iter().filter(|command| it.is_for(command));
            commands.map(move |command| (it, *command))
        })
        .collect();
    let needles = needles();
    let next = AtomicUsize::new(0);
    let (shown, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((broken, command)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let nth = ran.fetch_add(1, Ordering::Relaxed);
                    let folder = folder.join(nth.to_string());
                    let Run { output, .. } = run(&folder, broken, command);
                    shown.fetch_add(output.len(), Ordering::Relaxed);
                    let lower = output.to_ascii_lowercase();
                    let secret = needles.iter().find_map(|it| lower.find(it));
                    let token = lower.find(TOKEN).filter(|_| !gives_tokens(command));
                    if let Some(at) = secret.or(token) {
                        let from = output.floor_char_boundary(at.saturating_sub(200));
                        let to = output.ceil_char_boundary((at + 100).min(output.len()));
                        let name = &broken.name;
                        let shown = format!("{name} with {command:?}: {}", &output[from..to]);
                        found.lock().unwrap().push(shown);
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(
        found.is_empty(),
        "{} show a secret: {found:#?}",
        found.len()
    );
    let (shown, ran) = (shown.into_inner(), ran.into_inner());
    // Commands that print nothing would pass the test, too.
    assert!(shown > ran * 40, "{ran} runs wrote {shown} bytes");
    assert_eq!(ran, runs.len());
    println!(
        "{ran} runs with {} broken sources wrote {shown} bytes",
        breaks.len()
    );
}

/// The canary as it is and in Base64 at each of the three offsets, in lower case.
fn needles() -> Vec<String> {
    let encoded = (0..3).map(|before| {
        let encoded = STANDARD_NO_PAD.encode("x".repeat(before) + CANARY);
        // The characters at both ends also encode bits of the neighbouring text.
        let whole = (before * 8).div_ceil(6)..(before + CANARY.len()) * 8 / 6;
        encoded[whole].to_owned()
    });
    let needles = encoded.chain([CANARY.to_owned()]);
    needles.map(|it| it.to_ascii_lowercase()).collect()
}

/// Whether it is the purpose of the command to show tokens.
fn gives_tokens(command: &[&str]) -> bool {
    matches!(command, ["token" | "web" | "demo", ..])
}
