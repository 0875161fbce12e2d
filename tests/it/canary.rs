//! Every command with canaries for secrets: whatever is wrong with a source of secrets, no output,
//! log, page or report shows one.

mod breaks;
mod echo;
mod process;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use breaks::{Break, all};
use echo::Echo;
use process::{Run, run};

/// Every secret holds this word, and nothing else does.
pub(super) const CANARY: &str = "Canary7c1fe93b";

/// Every command, with how it is known to have said all that it says at first.
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

/// How many processes run at once.
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
    let next = AtomicUsize::new(0);
    let (shown, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((broken, command)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let nth = ran.fetch_add(1, Ordering::Relaxed);
                    let folder = folder.join(nth.to_string());
                    let Run { output, .. } = run(&folder, broken, command);
                    shown.fetch_add(output.len(), Ordering::Relaxed);
                    let found = output.to_lowercase().find(&CANARY.to_lowercase());
                    if let Some(at) = found {
                        let from = output.floor_char_boundary(at.saturating_sub(200));
                        let to = output.ceil_char_boundary((at + 100).min(output.len()));
                        panic!(
                            "{} with {command:?} shows: {}",
                            broken.name,
                            &output[from..to]
                        );
                    }
                }
            });
        }
    });
    let (shown, ran) = (shown.into_inner(), ran.into_inner());
    // Commands that said nothing would have hidden everything.
    assert!(shown > ran * 40, "{ran} runs wrote {shown} bytes");
    assert_eq!(ran, runs.len());
    #[allow(clippy::print_stdout, reason = "how much was looked at")]
    {
        println!(
            "{ran} runs with {} broken sources wrote {shown} bytes",
            breaks.len()
        );
    }
}
