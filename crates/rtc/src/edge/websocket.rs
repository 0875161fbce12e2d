//! The WebSocket of the signalling.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::limits::MAX_SIGNAL_MESSAGE;
use crate::participant::{Dial, Failure};

/// Most messages that wait to be written; more mean that the server does not read.
const MAX_WAITING: usize = 256;

pub(super) struct WebSocket {
    pub(super) link: u64,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: std::collections::VecDeque<Message>,
    unflushed: bool,
}

/// Opens a WebSocket. Also gives the local address of the connection.
pub(super) async fn open(dial: Dial) -> Result<(WebSocket, IpAddr), Failure> {
    let address = |error: &dyn std::fmt::Display| Failure::Address(error.to_string());
    let mut request = dial
        .url
        .as_str()
        .into_client_request()
        .map_err(|e| address(&e))?;
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", dial.token)).map_err(|e| address(&e))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert("Authorization", bearer);
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_SIGNAL_MESSAGE))
        .max_frame_size(Some(MAX_SIGNAL_MESSAGE));
    // Without Nagle's algorithm: messages are small and wait for nothing.
    match connect_async_with_config(request, Some(config), true).await {
        Ok((stream, _)) => {
            let local = local(stream.get_ref()).map_err(|e| Failure::Dial(e.to_string()))?;
            let websocket = WebSocket {
                link: dial.link,
                stream,
                waiting: std::collections::VecDeque::new(),
                unflushed: false,
            };
            Ok((websocket, local))
        }
        Err(Error::Http(response)) => Err(Failure::Status(response.status().as_u16())),
        Err(error) => Err(Failure::Dial(error.to_string())),
    }
}

fn local(stream: &MaybeTlsStream<TcpStream>) -> std::io::Result<IpAddr> {
    let tcp = match stream {
        MaybeTlsStream::Plain(tcp) => tcp,
        MaybeTlsStream::Rustls(tls) => tls.get_ref().0,
        _ => return Err(std::io::ErrorKind::Unsupported.into()),
    };
    Ok(tcp.local_addr()?.ip())
}

impl WebSocket {
    /// Queues a message; false if the server does not read.
    pub(super) fn push(&mut self, message: Vec<u8>) -> bool {
        self.waiting.push_back(Message::Binary(message.into()));
        self.waiting.len() <= MAX_WAITING
    }

    pub(super) fn push_close(&mut self) {
        self.waiting.push_back(Message::Close(None));
    }

    /// Writes what waits and gives the next binary message; `None` when the WebSocket is closed.
    /// Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Writes what waits. Cancel-safe.
    pub(super) async fn flush(&mut self) {
        let _ = std::future::poll_fn(|cx| self.poll_write(cx)).await;
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        if let Poll::Ready(Err(_)) = self.poll_write(cx) {
            return Poll::Ready(None);
        }
        loop {
            match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => return Poll::Ready(Some(bytes.to_vec())),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Poll::Ready(None),
                // The stream answers pings itself.
                Some(Ok(_)) => {}
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.waiting.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_ready(cx))?;
            if let Some(message) = self.waiting.pop_front() {
                Pin::new(&mut self.stream).start_send(message)?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}
