//! The few plain HTTP requests that the API answers on the same port.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::validate::VOICES;

/// How long a client may take to say what it wants.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);

/// Between two looks at a request that comes in pieces.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The longest request head.
const HEAD: usize = 8 << 10;

/// Whether the connection wants the WebSocket; nothing is taken from it.
pub(super) async fn wants_websocket(socket: &TcpStream) -> bool {
    let mut start = [0; 11];
    let peeked = async {
        while socket.peek(&mut start).await? < start.len() {
            sleep(LOOK_EVERY).await;
        }
        std::io::Result::Ok(())
    };
    let came = matches!(timeout(REQUEST_WITHIN, peeked).await, Ok(Ok(())));
    came && (&start == b"GET /v1/ws " || &start == b"GET /v1/ws?")
}

/// Answers one request and closes.
pub(super) async fn answer(mut socket: TcpStream, key: Option<&str>) -> std::io::Result<()> {
    let head = timeout(REQUEST_WITHIN, head(&mut socket)).await??;
    let (status, body) = route(&head, key);
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    timeout(REQUEST_WITHIN, socket.write_all(answer.as_bytes())).await?
}

async fn head(socket: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD {
        head.push(socket.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn route(head: &str, key: Option<&str>) -> (&'static str, serde_json::Value) {
    let bearer = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("authorization")
            .then(|| value.trim().trim_start_matches("Bearer "))
    });
    let known = bearer.is_some_and(|bearer| key.is_none_or(|key| key == bearer));
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    match path {
        "/v1/voices" if known => ("200 OK", json!({ "voices": VOICES })),
        "/v1/voices" => ("401 Unauthorized", json!({"detail": "Invalid API key"})),
        _ => ("404 Not Found", json!({"detail": "Not Found"})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_are_told_to_who_has_the_key() {
        let ask = |bearer: &str| {
            let head = format!("GET /v1/voices HTTP/1.1\r\nauthorization: Bearer {bearer}\r\n\r\n");
            route(&head, Some("key")).0
        };
        assert_eq!(ask("key"), "200 OK");
        assert_eq!(ask("other"), "401 Unauthorized");
        assert_eq!(route("GET / HTTP/1.1\r\n\r\n", None).0, "404 Not Found");
    }
}
