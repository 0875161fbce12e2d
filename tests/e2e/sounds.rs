//! Background sounds on a track of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::bench::{Bench, SOON, agent_file, agent_is, agent_speaks, calling, say};
use super::hearing::{self, SILENT};

/// Audio in transit when a sound stops, plus the fade: 1 s at 24 kHz.
const ON_ITS_WAY: usize = RATE;

const RATE: usize = 24_000;

/// 50 ms: less than the time between two key strokes.
const PART: usize = RATE / 20;

/// HTTP server for two tools; it answers when the test says so.
struct Shop {
    address: String,
    open: Arc<Semaphore>,
}

impl Shop {
    async fn start() -> Self {
        let open = Arc::new(Semaphore::new(0));
        let gate = open.clone();
        let answer = move || async move {
            gate.acquire().await.unwrap().forget();
            "{}"
        };
        let app = Router::new().route("/", post(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, open }
    }

    /// An agent with the tool `book`, and the tool `hours` that keeps it silent.
    fn agent(&self, sounds: &str) -> PathBuf {
        let tool = |name: &str, hold: bool| {
            format!(
                "[[tools]]\nname = \"{name}\"\ndescription = \"Asks the shop.\"\nhold = {hold}\n\
                 http = {{ url = \"{}\", allow_private = true }}\n",
                self.address
            )
        };
        let text = format!(
            "greeting = \"Hello\"\n{sounds}{}{}",
            tool("book", false),
            tool("hours", true)
        );
        agent_file("sounds.toml", &text)
    }

    fn answer(&self) {
        self.open.add_permits(1);
    }
}

/// Names of the agent's tracks, and whether clients treat them as its voice.
fn tracks(caller: &Caller) -> Vec<(String, bool)> {
    let tracks = caller.agent_tracks().into_iter();
    tracks.map(|it| (it.name, it.is_microphone)).collect()
}

/// A WAV file with one continuous tone, unlike the sound `keys`.
fn tone() -> PathBuf {
    let wave = |nth: i32| if nth % 60 < 30 { 8_000 } else { -8_000 };
    let samples: Vec<i16> = (0..24_000).map(wave).collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hold.wav");
    parlor_common::wav::write(&file, &samples).unwrap();
    file
}

/// Whether the audio contains a second that is loud throughout.
fn is_a_tone(heard: &[i16]) -> bool {
    let loud: Vec<_> = heard.chunks_exact(PART).map(is_loud).collect();
    let mut seconds = loud.windows(RATE / PART);
    seconds.any(|second| second.iter().all(|it| *it))
}

fn is_loud(heard: &[i16]) -> bool {
    hearing::peak(heard) > 10 * SILENT
}

/// The tool answers; asserts that there are no background sounds while the agent speaks.
async fn answered_in_silence(shop: &Shop, caller: &Caller) {
    let mut state = caller.agent_state();
    shop.answer();
    agent_is(&mut state, "speaking").await;
    let from = caller.background().len() + ON_ITS_WAY;
    agent_is(&mut state, "listening").await;
    let meanwhile = caller.background().since(from);
    let peak = hearing::peak(&meanwhile);
    println!("{} ms of the reply: peak {peak}", meanwhile.len() / 24);
    assert!(meanwhile.len() > ON_ITS_WAY / 2, "the reply is too short");
    assert!(
        peak < SILENT,
        "a background sound is heard while the agent speaks"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn thinking_and_hold_sounds_play_during_tools_and_stop_for_the_reply() {
    let shop = Shop::start().await;
    let bench = Bench::start(calling(&["1=book", "2=hours"])).await;
    let hold = tone();
    let sounds = format!("[sounds]\nthinking = \"keys\"\nhold = {hold:?}\nvolume = 0.5\n");
    let file = shop.agent(&sounds);
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    let mut background = caller.background();
    assert!(background.wait(0, SOON, |heard| !heard.is_empty()).await);
    let published = [
        ("agent".to_owned(), true),
        ("background_audio".to_owned(), false),
    ];
    assert_eq!(tracks(&caller), published);
    assert!(
        hearing::peak(&background.since(0)) < SILENT,
        "no tool is running"
    );

    say(&mut caller, "caller-table").await;
    let from = background.len();
    assert!(
        background.wait(from, SOON, is_loud).await,
        "the thinking sound is not heard"
    );
    assert!(
        !is_a_tone(&background.since(from)),
        "the hold sound is heard"
    );
    answered_in_silence(&shop, &caller).await;

    say(&mut caller, "caller-hours").await;
    let from = background.len();
    assert!(
        background.wait(from, SOON, is_a_tone).await,
        "the hold sound is not heard"
    );
    answered_in_silence(&shop, &caller).await;

    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sounds_there_is_one_track() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    assert_eq!(tracks(&caller), [("agent".to_owned(), true)]);
    assert!(caller.background().is_empty());
    bench.ends(caller, &mut worker).await;
}
