//! Reads the HTTP pages and metrics of a worker.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Polling interval.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Gets a page; returns its status and body.
pub(crate) async fn get(address: &str, page: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {page} HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// Waits until a metric is at least `value`.
pub(crate) async fn reaches(address: &str, name: &str, value: f64, within: Duration) {
    let reached = timeout(within, async {
        while metric(address, name).await < value {
            sleep(LOOK_EVERY).await;
        }
    });
    assert!(
        reached.await.is_ok(),
        "{name} did not reach {value} in time"
    );
}

/// The value of a metric, given with its labels; 0 if it does not exist yet.
pub(crate) async fn metric(address: &str, name: &str) -> f64 {
    let (_, page) = get(address, "/metrics").await;
    let line = page.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().unwrap())
}
