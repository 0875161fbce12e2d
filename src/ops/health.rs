//! The worker's HTTP server for health checks and metrics. It has its own thread and runtime, so it
//! responds however busy the worker is.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json};
use axum::routing::get;

use super::status::WorkerStatus;

/// Content type of the OpenMetrics text format, which Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `status` at `address` until the process exits. Returns the bound address, whose port is
/// assigned by the system if `address` has port 0.
///
/// # Errors
/// Fails if the address cannot be bound, or if the thread cannot be started.
pub fn serve(address: SocketAddr, status: Arc<WorkerStatus>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serving = async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, pages(status)).await
    };
    thread::Builder::new()
        .name("health".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(serving) {
                tracing::error!(%error, "the health server failed");
            }
        })?;
    Ok(address)
}

fn pages(status: Arc<WorkerStatus>) -> Router {
    Router::new()
        .route("/", get(connected))
        .route("/live", get(|| async { "OK" }))
        .route("/ready", get(ready))
        .route(
            "/worker",
            get(|status: State<Arc<WorkerStatus>>| async move { Json(status.worker()) }),
        )
        .route(
            "/calls",
            get(|status: State<Arc<WorkerStatus>>| async move { Json(status.calls()) }),
        )
        .route("/metrics", get(metrics))
        .with_state(status)
}

/// Health check used by LiveKit Cloud: whether the worker is connected.
async fn connected(status: State<Arc<WorkerStatus>>) -> impl IntoResponse {
    match status.is_registered() {
        true => (StatusCode::OK, "OK"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not connected to LiveKit"),
    }
}

async fn ready(status: State<Arc<WorkerStatus>>) -> impl IntoResponse {
    match status.is_ready() {
        true => (StatusCode::OK, "OK"),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not registered, or draining",
        ),
    }
}

async fn metrics(status: State<Arc<WorkerStatus>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], status.metrics())
}
