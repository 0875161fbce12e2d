//! The way to LiveKit breaks in the middle of a call, and the call goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parlor::sim::{self, clips};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::bench::{Bench, agent_speaks, all_heard};
use super::hearing;

/// A way to the server's WebSocket that can be cut. Media goes past it.
struct Gate {
    url: String,
    cuts: watch::Sender<usize>,
    refuse: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Gate {
    /// Leads to `url`.
    async fn to(url: &str) -> Self {
        let server = url.trim_start_matches("ws://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (cuts, _) = watch::channel(0);
        let refuse = Arc::new(AtomicUsize::new(0));
        let mut task = JoinSet::new();
        task.spawn(lead(listener, server, cuts.clone(), refuse.clone()));
        Self {
            url,
            cuts,
            refuse,
            _task: task,
        }
    }

    /// Cuts what is open, and refuses as many of the next attempts.
    fn cut(&self, refuse: usize) {
        self.refuse.store(refuse, Ordering::Relaxed);
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn lead(
    listener: TcpListener,
    server: String,
    cuts: watch::Sender<usize>,
    refuse: Arc<AtomicUsize>,
) {
    let mut open = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let less = |left: usize| left.checked_sub(1);
        let refused = refuse.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if refused.is_ok() {
            continue;
        }
        let mut far = TcpStream::connect(&server).await.unwrap();
        let mut cut = cuts.subscribe();
        open.spawn(async move {
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

/// A call goes on after its way was cut and `refuse` attempts to come back were refused.
async fn goes_on(refuse: usize, sign: &str) {
    let bench = Bench::start(sim::Options::default()).await;
    let gate = Gate::to(&bench.livekit.url).await;
    let mut worker = bench.worker_with(&[], &[("LIVEKIT_URL", &gate.url)]);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;

    gate.cut(refuse);
    worker.writes("the room is back").await;
    worker.writes(sign).await;
    let said = clips::find("caller-hours").unwrap().samples();
    let from = caller.heard().len();
    caller.say(&said).await.unwrap();
    agent_speaks(&mut state).await;
    let found = hearing::find(&said, &all_heard(&caller, from).await);
    println!("after a cut: {} of {} windows", found.found, found.windows);
    assert!(found.found * 10 >= found.windows * 8, "{found:?}");
    caller.leave().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_resumed() {
    goes_on(0, "resuming connection").await;
}

/// The core joins again; everybody in the room, and our track, is new to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_joined_again() {
    goes_on(1, "restarting connection").await;
}
