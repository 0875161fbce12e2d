//! A way to LiveKit that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A way to the server's WebSocket that can be cut. Media goes past it.
pub(crate) struct Gate {
    pub(crate) url: String,
    cuts: watch::Sender<usize>,
    refuse: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Gate {
    /// Leads to `url`.
    pub(crate) async fn to(url: &str) -> Self {
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
    pub(crate) fn cut(&self, refuse: usize) {
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
