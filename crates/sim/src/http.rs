//! The plain HTTP endpoints that the API serves on the same port.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::shared::Shared;
use super::tokens::Tokens;
use super::voice::VOICES;

/// Timeout for a request.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);

/// Interval between checks of a request that arrives in pieces.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Maximum size of a request head, in bytes.
const HEAD: usize = 8 << 10;

/// Whether the connection requests the WebSocket; peeks without consuming data.
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

/// Answers one request and closes the connection.
pub(super) async fn answer(mut socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let head = timeout(REQUEST_WITHIN, head(&mut socket)).await??;
    let (status, body) = route(&head, shared.options.key.as_deref(), &shared.tokens);
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

fn route(head: &str, key: Option<&str>, tokens: &Tokens) -> (&'static str, Value) {
    let shown = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_shown = name.eq_ignore_ascii_case("authorization");
        is_shown.then(|| value.trim().trim_start_matches("Bearer "))
    });
    let is_key = shown.is_some_and(|shown| key.is_none_or(|key| key == shown));
    let target = head.split_whitespace().nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path {
        "/v1/voices" if is_key => ("200 OK", json!({ "voices": VOICES })),
        "/v1/voices" => ("401 Unauthorized", json!({"detail": "Invalid API key"})),
        "/v1/token" => token(query, shown.map(|_| is_key), tokens),
        _ => ("404 Not Found", json!({"detail": "Not Found"})),
    }
}

/// Creates a temporary token; `is_key` is whether the client's key is right, `None` without a key.
fn token(query: &str, is_key: Option<bool>, tokens: &Tokens) -> (&'static str, Value) {
    let Some(is_key) = is_key else {
        return unprocessable("missing", &["header", "authorization"], "Field required");
    };
    let field = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    };
    let window = "expires_in_seconds";
    let Some(seconds) = field(window) else {
        return unprocessable("missing", &["query", window], "Field required");
    };
    let within = |value: &str, least: u64, most: u64| {
        let number = value.parse().ok();
        number.filter(|number| (least..=most).contains(number))
    };
    let Some(seconds) = within(seconds, 1, 600) else {
        let must = "Input should be from 1 to 600";
        return unprocessable("value_error", &["query", window], must);
    };
    let cap = "max_session_duration_seconds";
    if field(cap).is_some_and(|value| within(value, 60, 10_800).is_none()) {
        let must = "Input should be from 60 to 10800";
        return unprocessable("value_error", &["query", cap], must);
    }
    if !is_key {
        return ("404 Not Found", json!({"detail": "Invalid API key"}));
    }
    let token = tokens.mint(Duration::from_secs(seconds));
    (
        "200 OK",
        json!({"token": token, "expires_in_seconds": seconds}),
    )
}

/// The real API's error format for an invalid request.
fn unprocessable(kind: &str, place: &[&str], message: &str) -> (&'static str, Value) {
    let detail = json!([{"type": kind, "loc": place, "msg": message}]);
    ("422 Unprocessable Entity", json!({ "detail": detail }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(target: &str, header: &str) -> (&'static str, Value) {
        let head = format!("GET {target} HTTP/1.1\r\n{header}\r\n\r\n");
        route(&head, Some("key"), &Tokens::default())
    }

    #[test]
    fn listing_voices_requires_the_key() {
        let status = |header: &str| ask("/v1/voices", header).0;
        assert_eq!(status("authorization: Bearer key"), "200 OK");
        assert_eq!(status("Authorization: key"), "200 OK");
        assert_eq!(status("authorization: Bearer other"), "401 Unauthorized");
        assert_eq!(ask("/", "").0, "404 Not Found");
    }

    #[test]
    fn a_valid_request_gets_a_token() {
        let key = "Authorization: Bearer key";
        let asked = |query: &str, header: &str| ask(&format!("/v1/token{query}"), header);
        let (status, body) = asked("?expires_in_seconds=300", key);
        assert_eq!(
            (status, &body["expires_in_seconds"]),
            ("200 OK", &json!(300))
        );
        assert!(body["token"].as_str().unwrap().len() > 2_000);
        for (query, header, place) in [
            ("", key, "expires_in_seconds"),
            ("?expires_in_seconds=0", key, "expires_in_seconds"),
            ("?expires_in_seconds=601", key, "expires_in_seconds"),
            ("?expires_in_seconds=9", "", "authorization"),
            (
                "?expires_in_seconds=9&max_session_duration_seconds=59",
                key,
                "max_session_duration_seconds",
            ),
        ] {
            let (status, body) = asked(query, header);
            assert_eq!(status, "422 Unprocessable Entity", "{query}");
            assert_eq!(body["detail"][0]["loc"][1], place);
        }
        let (status, body) = asked("?expires_in_seconds=9", "Authorization: Bearer other");
        assert_eq!(
            (status, &body["detail"]),
            ("404 Not Found", &json!("Invalid API key"))
        );
    }
}
