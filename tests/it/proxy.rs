//! WebSockets through a proxy: a scripted one on loopback, in front of a real WebSocket server.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use parlor_common::dial::{DialError, Proxies, Socket, dial};
use parlor_core::secret::Secret;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

const OPEN: &str = "HTTP/1.1 200 Connection established\r\nVia: office\r\n\r\n";

/// An address that only the scripted proxy can reach.
const SERVER: &str = "ws://agents.example.test/v1/ws";

/// A proxy for one connection, which returns the head of the request that it received.
struct Proxy {
    address: SocketAddr,
    heard: JoinHandle<String>,
}

impl Proxy {
    /// Sends `answer`, then forwards data between the client and `server`.
    async fn start(answer: impl Into<String>, server: Option<SocketAddr>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            let mut client = BufReader::new(client);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(client.read_line(&mut head).await.unwrap(), 0, "{head}");
            }
            client.write_all(answer.as_bytes()).await.unwrap();
            if let Some(server) = server {
                let mut server = TcpStream::connect(server).await.unwrap();
                // The connection may be cut when the test ends.
                copy_bidirectional(&mut client, &mut server).await.ok();
            }
            head
        });
        Self { address, heard }
    }

    /// Address of the proxy, with user name and password.
    fn address(&self) -> Secret {
        Secret::new(format!("http://office:hunter%402@{}", self.address))
    }

    /// This proxy for every server.
    fn proxies(&self) -> Proxies {
        Proxies {
            all: self.address(),
            ..Proxies::default()
        }
    }
}

/// A WebSocket server that sends back the first message.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
    });
    address
}

async fn dialled(url: &str, proxies: &Proxies) -> Result<Socket, DialError> {
    dial(url, &Secret::new("key"), proxies, 1 << 10).await
}

async fn echoes(mut socket: Socket) {
    socket.send(Message::text("hello")).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    assert_eq!(answer, Message::text("hello"));
}

/// The error of a failed attempt to reach `url`, which must not contain the password.
async fn refusal(url: &str, proxies: &Proxies) -> String {
    let error = dialled(url, proxies).await.unwrap_err();
    assert!(matches!(error, DialError::Unreachable(_)), "{error:?}");
    let text = error.to_string();
    assert!(!text.contains("hunter"), "{text}");
    text
}

#[tokio::test]
async fn a_socket_goes_through_the_proxy() {
    let proxy = Proxy::start(OPEN, Some(echo().await)).await;
    let proxies = Proxies {
        http: proxy.address(),
        https: Secret::new("http://127.0.0.1:1"),
        ..Proxies::default()
    };
    echoes(dialled(SERVER, &proxies).await.unwrap()).await;
    assert_eq!(
        proxy.heard.await.unwrap(),
        "CONNECT agents.example.test:80 HTTP/1.1\r\n\
         Host: agents.example.test:80\r\n\
         Proxy-Authorization: Basic b2ZmaWNlOmh1bnRlckAy\r\n\r\n"
    );
}

#[tokio::test]
async fn a_refusal_by_the_proxy_is_reported_without_its_password() {
    let cases = [
        (
            "407 Proxy Authentication Required",
            "requires a user name and password (HTTP 407)",
        ),
        ("403 Forbidden", "refused with HTTP 403"),
        ("502 Bad Gateway", "refused with HTTP 502"),
    ];
    for (status, wanted) in cases {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno");
        let proxy = Proxy::start(answer, None).await;
        let text = refusal("wss://agents.example.test", &proxy.proxies()).await;
        let named = format!("the proxy http://{} {wanted}", proxy.address);
        assert!(text.starts_with(&named), "{text}");
        let heard = proxy.heard.await.unwrap();
        assert!(
            heard.starts_with("CONNECT agents.example.test:443 "),
            "{heard}"
        );
    }
}

#[tokio::test]
async fn an_invalid_answer_of_the_proxy_is_reported() {
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(8 << 10));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: x\r\n".repeat(65));
    let talkative = format!("{OPEN}hello");
    let cut = "HTTP/1.1 200 OK\r\n".to_owned();
    let other = "SSH-2.0-OpenSSH_9.6\r\n".to_owned();
    for answer in [endless, many, talkative, cut, other, String::new()] {
        let proxy = Proxy::start(answer, None).await;
        let text = refusal(SERVER, &proxy.proxies()).await;
        assert!(text.contains("sent an invalid response"), "{text}");
    }
}

#[tokio::test]
async fn an_unsupported_proxy_is_reported() {
    for kind in ["https", "socks5", "socks4a"] {
        let proxies = Proxies {
            all: Secret::new(format!("{kind}://office:hunter2@proxy.example:1080")),
            ..Proxies::default()
        };
        let wanted = format!(
            "the proxy {kind}://proxy.example:1080 cannot be used: only http:// proxies are supported"
        );
        assert_eq!(refusal(SERVER, &proxies).await, wanted);
    }
}

#[tokio::test]
async fn an_unreachable_proxy_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let proxies = Proxies {
        all: Secret::new(format!("http://{address}")),
        ..Proxies::default()
    };
    let text = refusal(SERVER, &proxies).await;
    let wanted = format!("the proxy http://{address} cannot be reached: ");
    assert!(text.starts_with(&wanted), "{text}");
}

#[tokio::test]
async fn a_server_that_needs_no_proxy_is_reached_directly() {
    let dead = Proxies {
        all: Secret::new("socks5://127.0.0.1:1"),
        ..Proxies::default()
    };
    let url = format!("ws://{}", echo().await);
    echoes(dialled(&url, &dead).await.unwrap()).await;
    // NO_PROXY is checked before the proxy; nothing listens on port 1.
    let proxies = Proxies {
        none_for: "0.0.0.0/8".to_owned(),
        ..dead
    };
    let text = refusal("ws://0.0.0.0:1", &proxies).await;
    assert!(!text.contains("proxy"), "{text}");
}
