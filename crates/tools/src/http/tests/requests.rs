//! Requests that tools send, and their log lines.

use std::io::Write;
use std::sync::Mutex;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::routing::{any, get, post};
use standardwebhooks::Webhook;
use tracing::instrument::WithSubscriber;

use super::*;

/// Answers with the request, as text.
async fn echo(request: Request) -> String {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let header = |name| {
        head.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or("-")
    };
    let (kind, token) = (header("content-type"), header("authorization"));
    let body = str::from_utf8(&body).unwrap();
    format!("{} {} {kind} {token} {body}", head.method, head.uri)
}

#[tokio::test]
async fn templates_are_rendered() {
    let at = serve(Router::new().fallback(any(echo))).await;
    let tool = tool(&format!(
        r#"
        method = "GET"
        url = "http://{at}/orders/{{{{ args.order | urlencode }}}}?room={{{{ call.room }}}}"
        query = {{ q = "{{{{ args.q }}}}" }}
        headers = {{ Authorization = "Bearer {{{{ env.TOKEN }}}}" }}
        "#
    ));
    let said = good(&tool, json!({ "order": "4/2?", "q": "a&b=ö" })).await;
    assert_eq!(
        said,
        "GET /orders/4%2F2%3F?room=lobby&q=a%26b%3D%C3%B6 - Bearer hunter2 "
    );
}

#[tokio::test]
async fn the_arguments_are_the_default_body() {
    let at = serve(Router::new().fallback(any(echo))).await;
    let args = json!({ "order": "42" });
    let body = r#"body = "order={{ args.order }}""#;
    let kind = "headers = { Content-Type = 'text/plain' }";
    let cases = [
        ("", r#"POST / application/json - {"order":"42"}"#.to_owned()),
        (
            "method = 'PUT'",
            r#"PUT / application/json - {"order":"42"}"#.to_owned(),
        ),
        ("method = 'DELETE'", "DELETE / - - ".to_owned()),
        (body, "POST / application/json - order=42".to_owned()),
        (
            &format!("{body}\n{kind}"),
            "POST / text/plain - order=42".to_owned(),
        ),
    ];
    for (more, expected) in cases {
        let tool = tool(&format!("url = 'http://{at}/'\n{more}"));
        assert_eq!(good(&tool, args.clone()).await, expected);
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_rendered_is_not_sent() {
    let tool = tool(
        r#"
        method = "GET"
        url = "http://127.0.0.1:1/{{ args.order }}"
        headers = { X-Note = "{{ args.note | default('') }}" }
        "#,
    );
    let missing = "the tool's url cannot be rendered: line 1: args.order is missing";
    assert_eq!(why(&tool, json!({ "oder": "hunter2" })).await, missing);
    let split = json!({ "order": "1", "note": "a\r\nX-Admin: yes" });
    assert_eq!(
        why(&tool, split).await,
        "the tool's headers.x-note cannot contain this value"
    );
    let upward = "the tool may not call this address: its path contains . or ..";
    assert_eq!(why(&tool, json!({ "order": ".." })).await, upward);
}

/// Answers with whether the signature is valid.
async fn verify(headers: HeaderMap, body: String) -> String {
    let verified = Webhook::new(SECRET)
        .unwrap()
        .verify(body.as_bytes(), &headers);
    format!("{} {body}", verified.is_ok())
}

#[tokio::test]
async fn signatures_match_the_body() {
    let at = serve(Router::new().route("/", post(verify).get(verify))).await;
    let signed = |more: &str| tool(&format!("url = 'http://{at}/'\n{more}"));
    let args = json!({ "order": "ö" });
    let sent = signed("sign_with = 'SECRET'");
    assert_eq!(good(&sent, args.clone()).await, r#"true {"order":"ö"}"#);
    let nothing = signed("sign_with = 'SECRET'\nmethod = 'GET'");
    assert_eq!(good(&nothing, args.clone()).await, "true ");
    assert_eq!(good(&signed(""), args).await, r#"false {"order":"ö"}"#);
}

/// Collects log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_contains_no_path_argument_or_header() {
    let at = serve(Router::new().route("/orders/secret", get(async || "private"))).await;
    let tool = tool(&format!(
        "method = 'GET'\nurl = 'http://{at}/orders/{{{{ args.order }}}}?q=secret'\n\
         headers = {{ X-Key = '{{{{ env.TOKEN }}}}' }}"
    ));
    // With a single subscriber, tracing asks only the thread that logs a line first whether anybody
    // wants such lines; other tests run in threads without a subscriber.
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).ok();
    let lines = Lines::default();
    let sink = lines.clone();
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || sink.clone());
    async {
        good(&tool, json!({ "order": "secret" })).await;
        why(&tool, json!({})).await;
    }
    .with_subscriber(log.finish())
    .await;
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let first = lines.lines().next().unwrap();
    for part in [
        r#"tool="lookup""#,
        r#"host="127.0.0.1""#,
        "status=200",
        "tries=1",
        "ms=",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert!(lines.contains(r#"why="invalid arguments""#), "{lines}");
    for hidden in ["secret", "orders", "hunter2", "private", "X-Key", "x-key"] {
        assert!(!lines.contains(hidden), "{hidden} in {lines}");
    }
}
