//! Redirects are followed, limited and checked, and do not pass secrets to other servers.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{any, get, post};

use super::*;

/// A redirect to `to`.
fn to(status: u16, to: impl Into<String>) -> (StatusCode, [(&'static str, String); 1]) {
    (
        StatusCode::from_u16(status).unwrap(),
        [("location", to.into())],
    )
}

/// Answers with the method, the names of the relevant headers and the body.
async fn echo(request: Request) -> String {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let names = [
        "authorization",
        "x-key",
        "webhook-id",
        "webhook-signature",
        "content-type",
    ];
    let there: Vec<_> = names
        .into_iter()
        .filter(|it| head.headers.contains_key(*it))
        .collect();
    format!(
        "{} {} {}",
        head.method,
        there.join(","),
        str::from_utf8(&body).unwrap()
    )
}

const KEYS: &str = "sign_with = 'SECRET'\n\
    headers = { Authorization = 'Bearer {{ env.TOKEN }}', X-Key = '{{ env.TOKEN }}' }";

#[tokio::test]
async fn the_same_server_gets_all_headers_again() {
    let router = Router::new()
        .route("/303", any(async || to(303, "/echo")))
        .route("/302", any(async || to(302, "echo")))
        .route("/307", any(async || to(307, "/echo")))
        .route("/308", any(async || to(308, "/307")))
        .route("/echo", any(echo));
    let at = serve(router).await;
    let keys = "authorization,x-key,webhook-id,webhook-signature";
    let kept = format!("POST {keys},content-type {{\"a\":1}}");
    let cases = [
        ("/303", format!("GET {keys} ")),
        ("/302", format!("GET {keys} ")),
        ("/307", kept.clone()),
        ("/308", kept),
    ];
    for (path, expected) in cases {
        let tool = tool(&format!("url = 'http://{at}{path}'\n{KEYS}"));
        assert_eq!(good(&tool, json!({ "a": 1 })).await, expected, "{path}");
    }
    let put = tool(&format!("method = 'PUT'\nurl = 'http://{at}/302'"));
    assert_eq!(
        good(&put, json!({ "a": 1 })).await,
        "PUT content-type {\"a\":1}"
    );
}

#[tokio::test]
async fn another_server_gets_no_secrets() {
    let again = any(async || to(307, "/"));
    let other = serve(Router::new().route("/", any(echo)).route("/again", again)).await;
    let sent = |to_other: String| any(async move || to(307, to_other));
    let router = Router::new()
        .route("/port", sent(format!("http://{other}/")))
        .route("/host", sent(format!("http://localhost:{}/", other.port())))
        .route("/again", sent(format!("http://{other}/again")));
    let at = serve(router).await;
    let names = Names::of(&[("localhost", &["127.0.0.1"])]);
    for path in ["/port", "/host", "/again"] {
        let spec = format!(
            "url = 'http://{at}{path}'\nallow_private = true\n\
             allow_hosts = ['127.0.0.1', 'localhost']\n{KEYS}"
        );
        let tool = tool_in(&network(names.clone()), &spec);
        let said = good(&tool, json!({ "a": 1 })).await;
        assert_eq!(said, "POST content-type {\"a\":1}", "{path}");
    }
}

#[tokio::test]
async fn redirects_are_limited() {
    let router = Router::new()
        .route("/loop", any(async || to(302, "/loop")))
        .route("/1", any(async || to(302, "/0")))
        .route("/2", any(async || to(302, "/1")))
        .route("/0", any(async || "there"));
    let at = serve(router).await;
    let with = |path: &str, more: &str| {
        tool(&format!(
            "method = 'GET'\nurl = 'http://{at}{path}'\n{more}"
        ))
    };
    let often = |times| format!("the service redirected too often (limit: {times})");
    assert_eq!(why(&with("/loop", ""), json!({})).await, often(3));
    assert_eq!(why(&with("/1", "redirects = 0"), json!({})).await, often(0));
    assert_eq!(why(&with("/2", "redirects = 1"), json!({})).await, often(1));
    assert_eq!(good(&with("/2", "redirects = 2"), json!({})).await, "there");
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let sent_on = "the service redirected to an address that the tool may not call:";
    let not_allowed = format!("{sent_on} its host is not allowed");
    let no_web = format!("{sent_on} only http and https are allowed");
    let user = format!("{sent_on} it contains a user name or a password");
    let none = "the service redirected to an invalid URL";
    let cases = [
        ("http://evil.example/", not_allowed.as_str()),
        ("//evil.example/", &not_allowed),
        ("\\\\evil.example\\", &not_allowed),
        ("http://127.0.0.1.evil.example/", &not_allowed),
        ("http://127.0.0.1@evil.example/", &user),
        ("http://me:pw@127.0.0.1/", &user),
        ("file:///etc/passwd", &no_web),
        ("gopher://127.0.0.1:6379/_FLUSHALL", &no_web),
        ("ftp://127.0.0.1/", &no_web),
        ("data:text/plain,hello", &no_web),
        ("http://", none),
        ("http://[::1", none),
    ];
    for (location, expected) in cases {
        let at = serve(Router::new().route("/", get(async move || to(302, location)))).await;
        let tool = tool(&format!("method = 'GET'\nurl = 'http://{at}/'"));
        assert_eq!(why(&tool, json!({})).await, expected, "{location}");
    }
}

#[tokio::test]
async fn a_redirect_without_a_location_is_an_answer() {
    let router = Router::new().route("/", post(async || StatusCode::FOUND));
    let tool = tool(&format!("url = 'http://{}/'", serve(router).await));
    assert_eq!(
        why(&tool, json!({})).await,
        "the service answered with HTTP 302 Found"
    );
}

/// The only public address in these tests.
fn is_shop(address: IpAddr) -> bool {
    address == IpAddr::from([127, 0, 0, 2])
}

#[tokio::test]
async fn no_redirect_leads_from_a_public_server_into_a_private_network() {
    let inside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port();
    let names = Names::of(&[
        ("shop.example", &["127.0.0.2"]),
        ("rebound.shop.example", &["127.0.0.1"]),
    ]);
    let network = network_with(names, is_shop);
    for host in [
        "127.0.0.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "rebound.shop.example",
    ] {
        let location = format!("http://{host}:{port}/");
        let router = Router::new().route("/", get(async move || to(302, location)));
        let shop = serve_at("127.0.0.2", router).await.port();
        let spec = format!(
            "method = 'GET'\nurl = 'http://shop.example:{shop}/'\n\
             allow_hosts = ['*.shop.example', 'shop.example', '127.0.0.1', '[::ffff:127.0.0.1]']"
        );
        let reason = why(&tool_in(&network, &spec), json!({})).await;
        let expected = "the service redirected to an address that the tool may not call: \
            its host is in a private network";
        assert_eq!(reason, expected, "{host}");
    }
    let nobody = inside.accept().unwrap_err();
    assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_name_with_a_public_and_a_private_address_leads_to_the_public_one() {
    let inside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port();
    let shop = TcpListener::bind(("127.0.0.2", port)).await.unwrap();
    let router = Router::new().route("/", get(async || "shop"));
    tokio::spawn(async move { axum::serve(shop, router).await });
    let names = Names::of(&[("shop.example", &["127.0.0.1", "127.0.0.2", "::1"])]);
    let spec = format!("method = 'GET'\nurl = 'http://shop.example:{port}/'");
    let tool = tool_in(&network_with(names, is_shop), &spec);
    assert_eq!(good(&tool, json!({})).await, "shop");
    let nobody = inside.accept().unwrap_err();
    assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
}
