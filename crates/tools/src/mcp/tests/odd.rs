//! Servers that misbehave. Real sockets and processes, real time.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use tokio::net::TcpListener;

use super::*;

/// How long to wait for a server that never connects.
const SHORT: Duration = Duration::from_millis(700);

/// Answers `POST /mcp` with a status and a location, and passes on the headers of the requests.
async fn server(status: StatusCode, location: String) -> (String, mpsc::Receiver<HeaderMap>) {
    let (sender, headers) = mpsc::channel(8);
    let answer = move |headers: HeaderMap| async move {
        sender.try_send(headers).unwrap();
        (status, [(header::LOCATION, location)], "hunter2 is wrong")
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let app = Router::new().route("/mcp", post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, headers)
}

/// Why a required server at `url` is not available.
async fn why(url: &str) -> String {
    let spec = format!(
        "name = \"web\"\nrequired = true\nurl = \"{url}\"\nheaders = {{ Authorization = \"Bearer $T\" }}"
    );
    let source = Source::from_iter([("T", "hunter2")]);
    let servers = Servers::start(&[toml::from_str(&spec).unwrap()], &source).unwrap();
    let why = servers.ready(SHORT).await.unwrap_err();
    servers.shutdown().await;
    assert_eq!(why.len(), 1);
    assert!(
        !why[0].contains("hunter2") && !why[0].contains(url),
        "{why:?}"
    );
    why.concat()
}

#[tokio::test]
async fn a_rejected_token_is_reported_but_not_shown() {
    let (url, mut headers) = server(StatusCode::UNAUTHORIZED, String::new()).await;
    let why = why(&url).await;
    assert!(
        why.ends_with("it answered with HTTP 401: check its headers"),
        "{why}"
    );
    let headers = headers.recv().await.unwrap();
    assert_eq!(headers["authorization"], "Bearer hunter2");
    assert!(
        headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("parlor/")
    );
}

#[tokio::test]
async fn a_refused_connection_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    let why = why(&url).await;
    assert!(
        why.contains("it cannot be reached: Connection refused"),
        "{why}"
    );
}

#[tokio::test]
async fn the_exit_status_of_a_program_is_reported() {
    let spec = "name = \"odd\"\nrequired = true\ncommand = \"sh\"\nargs = [\"-c\", \"exit 3\"]";
    let spec = toml::from_str(spec).unwrap();
    let servers = Servers::start(&[spec], &Source::default()).unwrap();
    let why = servers.ready(SHORT).await.unwrap_err();
    assert!(
        why[0].ends_with("its process exited (exit status: 3)"),
        "{why:?}"
    );
    servers.shutdown().await;
}

#[tokio::test]
async fn another_origin_gets_no_headers() {
    let (elsewhere, mut stolen) = server(StatusCode::OK, String::new()).await;
    let (url, _headers) = server(StatusCode::TEMPORARY_REDIRECT, elsewhere).await;
    let why = why(&url).await;
    assert!(why.ends_with("it answered with HTTP 307"), "{why}");
    assert!(
        stolen.try_recv().is_err(),
        "the token went to another server"
    );
}
