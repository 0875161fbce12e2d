//! Answers that the model gets for the responses of servers.

use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use futures_util::stream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;

fn get_from(at: SocketAddr, path: &str) -> HttpTool {
    tool(&format!(
        "method = 'GET'\nretries = 0\nurl = 'http://{at}{path}'"
    ))
}

fn json_kind(body: &'static str) -> ([(&'static str, &'static str); 1], &'static str) {
    (
        [("content-type", "application/problem+json; charset=utf-8")],
        body,
    )
}

#[tokio::test]
async fn successful_responses_are_passed_on_in_full() {
    let image = [("content-type", "image/png")];
    let latin = [("content-type", "text/plain; charset=iso-8859-1")];
    let router = Router::new()
        .route("/json", get(async || json_kind("{ \"a\": [1,\n 2.50] }")))
        .route("/bare", get(async || "{ \"a\": null }"))
        .route("/string", get(async || json_kind("\"shipped\"")))
        .route("/broken", get(async || json_kind("{ \"a\": ")))
        .route("/text", get(async || "1e3 Grüezi"))
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/latin", get(async move || (latin, b"Gr\xFCezi".to_vec())))
        .route(
            "/image",
            get(async move || (image, b"\x89PNG\xFF\xD8".to_vec())),
        );
    let at = serve(router).await;
    let cases = [
        ("/json", r#"{"a":[1,2.5]}"#),
        ("/bare", r#"{"a":null}"#),
        ("/string", "shipped"),
        ("/broken", "{ \"a\": "),
        ("/text", "1e3 Grüezi"),
        ("/empty", r#"{"status":204}"#),
        ("/latin", "Gr\u{fffd}ezi"),
    ];
    for (path, expected) in cases {
        assert_eq!(
            good(&get_from(at, path), json!({})).await,
            expected,
            "{path}"
        );
    }
    let image = why(&get_from(at, "/image"), json!({})).await;
    assert_eq!(image, "the service's answer is not text");
}

#[tokio::test]
async fn error_responses_are_passed_on_by_status_and_short_body() {
    let not_found = StatusCode::NOT_FOUND;
    let router = Router::new()
        .route(
            "/json",
            get(async move || (not_found, json_kind("{ \"no\": \"such order\" }"))),
        )
        .route("/text", get(async move || (not_found, "gone\n")))
        .route("/page", get(async move || (not_found, "<html>gone</html>")))
        .route("/long", get(async move || (not_found, "x".repeat(501))))
        .route("/odd", get(async || StatusCode::from_u16(599).unwrap()));
    let at = serve(router).await;
    let cases = [
        ("/json", r#"HTTP 404 Not Found: {"no":"such order"}"#),
        ("/text", "HTTP 404 Not Found: gone"),
        ("/page", "HTTP 404 Not Found"),
        ("/long", "HTTP 404 Not Found"),
        ("/odd", "HTTP 599"),
    ];
    for (path, expected) in cases {
        let expected = format!("the service answered with {expected}");
        assert_eq!(
            why(&get_from(at, path), json!({})).await,
            expected,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_endless_body_is_truncated() {
    let endless = || stream::repeat_with(|| Ok::<_, io::Error>("ö".repeat(999)));
    let body = async move || Body::from_stream(endless());
    let at = serve(Router::new().route("/", get(body))).await;
    let text = good(&get_from(at, "/"), json!({})).await;
    assert!(
        text.len() <= 8 << 10 && text.starts_with("öö"),
        "{}",
        text.len()
    );
}

/// A server that sends `start` for each request, and then nothing more until the test ends.
async fn silent_after(start: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(say(stream, start).await);
        }
    });
    address
}

/// Reads the head of a request and sends `start`.
async fn say(stream: TcpStream, start: &str) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "{head}");
    }
    stream.write_all(start.as_bytes()).await.unwrap();
    stream
}

const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc";

#[tokio::test]
async fn the_deadline_holds_whatever_the_server_does() {
    for start in ["", HALF] {
        let at = silent_after(start).await;
        let tool = tool(&format!("method = 'GET'\nurl = 'http://{at}/'"));
        let began = Instant::now();
        let deadline = began + Duration::from_millis(200);
        let answer = tool.call(&json!({}), &json!({}), deadline).await;
        assert_eq!(error(&answer), "the service did not answer in time");
        assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn failed_and_lost_connections_are_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let reached = why(&get_from(nobody, "/"), json!({})).await;
    assert_eq!(reached, "the service cannot be reached");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let breaks = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        say(stream, HALF).await;
    });
    let broke = why(&get_from(breaks, "/"), json!({})).await;
    assert_eq!(broke, "the connection to the service was lost");
    let unknown = tool("method = 'GET'\nretries = 0\nurl = 'http://nobody.example/'");
    assert_eq!(
        why(&unknown, json!({})).await,
        "the service's host name cannot be resolved"
    );
}
