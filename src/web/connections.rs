//! HTTP connections: limited in number and lifetime, and closed on shutdown.

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

/// Maximum concurrent connections; more wait to be accepted.
const CONNECTIONS: usize = 256;

/// Timeout for the head of a request, and idle timeout of a connection.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// Lifetime of a connection; after that it accepts no more requests.
const TAKES_REQUESTS_FOR: Duration = Duration::from_secs(300);

/// Grace period for a running request once its connection accepts no more.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Pause after a failed `accept`, for example when out of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Remote address of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves `router` until `stop`, then finishes the running requests.
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
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop((open, listener));
    while connections.join_next().await.is_some() {}
}

/// Serves requests on one connection until `closing` or the end of its lifetime.
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
        tracing::debug!(%error, "connection closed with an error");
    }
}
