//! A TCP proxy in front of a server whose connections can be cut.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use parlor_common::clock;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A TCP proxy for the WebSockets of a server, whose connections can be cut. Media bypasses it.
pub(crate) struct Gate {
    pub(crate) url: String,
    cuts: watch::Sender<Cut>,
    held: Arc<Mutex<Held>>,
    _task: JoinSet<()>,
}

/// The last cut: it affects connections whose request path starts with `path`.
#[derive(Clone, Default)]
struct Cut {
    times: usize,
    path: &'static str,
}

/// New connections that are refused: the next `times` ones, and those to `path` before `until`.
#[derive(Default)]
struct Held {
    path: &'static str,
    times: usize,
    until: Option<Instant>,
}

impl Gate {
    /// Starts a gate to the server at `url`.
    pub(crate) async fn to(url: &str) -> Self {
        let server = url.trim_start_matches("ws://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (cuts, _) = watch::channel(Cut::default());
        let held = Arc::default();
        let mut task = JoinSet::new();
        task.spawn(lead(listener, server, cuts.clone(), Arc::clone(&held)));
        Self {
            url,
            cuts,
            held,
            _task: task,
        }
    }

    /// Cuts all open connections, and refuses the next `refuse` ones.
    pub(crate) fn cut(&self, refuse: usize) {
        self.held.lock().times = refuse;
        self.cut_path("");
    }

    /// Cuts all connections to `path`, and refuses new ones for the time `within`.
    pub(crate) fn hold(&self, path: &'static str, within: Duration) {
        let mut held = self.held.lock();
        held.path = path;
        held.until = Some(clock::now() + within);
        drop(held);
        self.cut_path(path);
    }

    fn cut_path(&self, path: &'static str) {
        self.cuts.send_modify(|cut| {
            cut.times += 1;
            cut.path = path;
        });
    }
}

impl Held {
    /// Whether a connection to `path` is refused.
    fn refuses(&mut self, path: &str) -> bool {
        if self.times > 0 {
            self.times -= 1;
            return true;
        }
        let is_held = self.until.is_some_and(|until| clock::now() < until);
        is_held && path.starts_with(self.path)
    }
}

async fn lead(
    listener: TcpListener,
    server: String,
    cuts: watch::Sender<Cut>,
    held: Arc<Mutex<Held>>,
) {
    let mut open = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let (server, mut cut, held) = (server.clone(), cuts.subscribe(), held.clone());
        open.spawn(async move {
            let before = cut.borrow().times;
            let Some(path) = path(&near).await else {
                return;
            };
            if held.lock().refuses(&path) {
                return;
            }
            let mut far = TcpStream::connect(&server).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.wait_for(|cut| cut.times > before && path.starts_with(cut.path)) => {}
            }
        });
    }
}

/// Path of the HTTP request at the start of a connection.
async fn path(socket: &TcpStream) -> Option<String> {
    let mut head = [0; 256];
    let read = socket.peek(&mut head).await.ok()?;
    let head = String::from_utf8_lossy(&head[..read]);
    Some(head.split(' ').nth(1)?.to_owned())
}
