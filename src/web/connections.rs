//! Connections: no more than a few, none for ever, and all of them gone at the end.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The most connections at once; others wait to be accepted.
const CONNECTIONS: usize = 256;

/// How long the head of a request may take to come; also, how long a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// After this long a connection takes no more requests.
const TAKES_REQUESTS_FOR: Duration = Duration::from_secs(300);

/// How long a request may go on once its connection takes no more.
const END_WITHIN: Duration = Duration::from_secs(3);

/// After an accept that failed, for instance because no more files can be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves `router` until `stop`, and what was begun by then.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let mut connections = JoinSet::new();
    let (open, closing) = watch::channel(());
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    let router = router.clone().layer(Extension(Peer(peer)));
                    connections.spawn(answer(stream, router, closing.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop((open, listener));
    while connections.join_next().await.is_some() {}
}

/// Answers what comes over one connection until `closing` or for as long as it may.
async fn answer(stream: TcpStream, router: Router, mut closing: watch::Receiver<()>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = timeout(TAKES_REQUESTS_FOR, closing.changed()) => {
            connection.as_mut().graceful_shutdown();
            timeout(END_WITHIN, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection has ended");
    }
}
