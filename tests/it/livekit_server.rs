//! The client of LiveKit's server API against a scripted server: addresses, proxies and errors.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use livekit_protocol::{CreateAgentDispatchRequest, ListRoomsResponse, Room};
use parlor_common::dial::Proxies;
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::server::{LiveKitServer, ServerError};
use prost::Message;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server for one request, which returns the head of the request that it received.
struct Scripted {
    address: SocketAddr,
    heard: JoinHandle<String>,
}

impl Scripted {
    /// Answers with the status and body in `answer`, or never if it is `None`.
    async fn start(answer: Option<(&'static str, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "{head}");
            }
            let lower = head.to_ascii_lowercase();
            // A request without a body has no length.
            let length = lower.split("content-length: ").nth(1).unwrap_or("0\r\n");
            let length = length.split("\r\n").next().unwrap().parse().unwrap();
            stream.read_exact(&mut vec![0; length]).await.unwrap();
            let Some((status, body)) = answer else {
                // Wait until the client closes the connection.
                assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
                return head;
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.write_all(&body).await.unwrap();
            head
        });
        Self { address, heard }
    }

    async fn ok(answer: &impl Message) -> Self {
        Self::start(Some(("200 OK", answer.encode_to_vec()))).await
    }

    /// A client of the server at `url` that uses this as its proxy.
    fn client(&self, url: &str) -> LiveKitServer {
        let proxies = Proxies {
            all: Secret::new(format!("http://office:hunter%402@{}", self.address)),
            ..Proxies::default()
        };
        client(url, proxies)
    }

    /// A client of this server below a path, with a proxy that does not exist.
    fn here(&self) -> LiveKitServer {
        let nowhere = Proxies {
            all: Secret::new("http://127.0.0.1:1"),
            ..Proxies::default()
        };
        client(&format!("ws://{}/sfu", self.address), nowhere)
    }

    /// The first line of the request, and the claims of its token.
    async fn request(self) -> (String, Value) {
        let head = self.heard.await.unwrap();
        let token = head.split("authorization: Bearer ").nth(1).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
        let line = head.lines().next().unwrap().to_owned();
        (line, serde_json::from_slice(&claims).unwrap())
    }
}

fn client(url: &str, proxies: Proxies) -> LiveKitServer {
    let livekit = LiveKit {
        url: url.to_owned(),
        api_key: "devkey".to_owned(),
        api_secret: Secret::new("a secret"),
        shared_key: None,
        proxies,
    };
    LiveKitServer::new(&livekit).unwrap()
}

#[tokio::test]
async fn requests_keep_the_path_of_the_address_and_need_no_proxy_on_this_machine() {
    let room = Room {
        name: "kitchen".to_owned(),
        ..Room::default()
    };
    let rooms = ListRoomsResponse { rooms: vec![room] };
    let server = Scripted::ok(&rooms).await;
    let listed = server.here().list_rooms(Vec::new()).await.unwrap();
    assert_eq!(listed, rooms.rooms);
    let (line, claims) = server.request().await;
    assert_eq!(
        line,
        "POST /sfu/twirp/livekit.RoomService/ListRooms HTTP/1.1"
    );
    assert_eq!(claims["iss"], "devkey");
    assert_eq!(claims["video"]["roomList"], true);
}

/// Makes one request, which must go to `path`; returns the grants of its token.
async fn asked(path: &str, call: impl AsyncFnOnce(LiveKitServer)) -> Value {
    let server = Scripted::ok(&()).await;
    call(server.here()).await;
    let (line, mut claims) = server.request().await;
    let wanted = format!("POST /sfu/twirp/livekit.{path} HTTP/1.1");
    assert_eq!(line, wanted);
    claims["video"].take()
}

fn admin() -> Value {
    json!({ "roomAdmin": true, "room": "kitchen" })
}

#[track_caller]
fn grants(claims: &Value, wanted: &Value) {
    for (grant, value) in wanted.as_object().unwrap() {
        assert_eq!(&claims[grant], value, "{claims}");
    }
}

#[tokio::test]
async fn room_requests_have_the_right_methods_and_grants() {
    let claims = asked("RoomService/ListParticipants", async |it| {
        assert_eq!(it.list_participants("kitchen").await.unwrap(), []);
    });
    grants(&claims.await, &admin());
    let claims = asked("RoomService/RemoveParticipant", async |it| {
        it.remove_participant("kitchen", "ada").await.unwrap();
    });
    grants(&claims.await, &admin());
    let claims = asked("RoomService/DeleteRoom", async |it| {
        it.delete_room("kitchen").await.unwrap();
    });
    grants(&claims.await, &json!({ "roomCreate": true }));
    let claims = asked("SIP/TransferSIPParticipant", async |it| {
        it.transfer("kitchen", "ada", "tel:+1").await.unwrap();
    });
    grants(&claims.await, &admin());
}

#[tokio::test]
async fn dispatch_requests_have_the_right_methods_and_grants() {
    let claims = asked("AgentDispatchService/ListDispatch", async |it| {
        assert_eq!(it.list_dispatch("kitchen").await.unwrap(), []);
    });
    grants(&claims.await, &admin());
    let claims = asked("AgentDispatchService/DeleteDispatch", async |it| {
        it.delete_dispatch("AD_1", "kitchen").await.unwrap();
    });
    grants(&claims.await, &admin());
    let claims = asked("AgentDispatchService/CreateDispatch", async |it| {
        let request = CreateAgentDispatchRequest {
            room: "kitchen".to_owned(),
            ..CreateAgentDispatchRequest::default()
        };
        it.create_dispatch(request).await.unwrap();
    });
    grants(&claims.await, &admin());
}

#[tokio::test]
async fn a_remote_server_is_reached_through_the_proxy() {
    let proxy = Scripted::ok(&ListRoomsResponse::default()).await;
    let client = proxy.client("ws://livekit.example.test/sfu");
    assert_eq!(client.list_rooms(Vec::new()).await.unwrap(), []);
    let head = proxy.heard.await.unwrap().to_ascii_lowercase();
    let line = "post http://livekit.example.test/sfu/twirp/livekit.roomservice/listrooms http/1.1";
    assert_eq!(head.lines().next(), Some(line));
    assert!(
        head.contains("proxy-authorization: basic b2zmawnlomh1bnrlckay"),
        "{head}"
    );
}

#[tokio::test]
async fn an_error_gives_the_reason_but_no_address_and_no_password() {
    let refused = br#"{"code":"not_found","msg":"no\nroom"}"#.to_vec();
    let cases = [
        (Some(("404 Not Found", refused)), "not_found: noroom"),
        (
            Some(("502 Bad Gateway", b"<html>".to_vec())),
            "HTTP status 502 Bad Gateway",
        ),
        (Some(("302 Found", Vec::new())), "HTTP status 302 Found"),
        (
            Some(("200 OK", vec![0xff])),
            "invalid response: this may not be a LiveKit server",
        ),
        (None, "no answer in time"),
    ];
    for (answer, expected) in cases {
        let is_silent = answer.is_none();
        let proxy = Scripted::start(answer).await;
        let mut client = proxy.client("ws://livekit.example.test");
        if is_silent {
            client = client.within(Duration::from_millis(100));
        }
        let error = client.delete_room("kitchen").await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        drop(client);
        proxy.heard.await.unwrap();
    }
    let socks = Proxies {
        all: Secret::new("socks5://office:hunter2@127.0.0.1:1"),
        ..Proxies::default()
    };
    let error = client("wss://livekit.example.test", socks)
        .delete_room("kitchen")
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, ServerError::Unreachable(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with("the proxy socks5://127.0.0.1:1 cannot be used")
    );
    assert!(
        !format!("{error:?} {error}").contains("hunter"),
        "{error:?}"
    );
}
