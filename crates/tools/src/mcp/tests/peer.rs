//! A scripted server: it accepts only the message that the test expects next.

use rmcp::RoleClient;
use rmcp::transport::async_rw::AsyncRwTransport;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, duplex,
    split,
};
use tokio::sync::mpsc;

use crate::mcp::error::ConnectError;
use crate::mcp::process::Process;
use crate::mcp::transport::Connector;

/// Passes each new connection to the test; fails once the test has dropped the receiver.
pub(super) struct ToPeer(pub(super) mpsc::Sender<DuplexStream>);

impl Connector for ToPeer {
    type Transport = AsyncRwTransport<RoleClient, ReadHalf<DuplexStream>, WriteHalf<DuplexStream>>;

    fn connect(&mut self) -> Result<(Self::Transport, Option<Process>), ConnectError> {
        let (ours, theirs) = duplex(64 << 10);
        self.0.try_send(theirs).map_err(|_| ConnectError::Closed)?;
        let (read, write) = split(ours);
        Ok((AsyncRwTransport::new(read, write), None))
    }
}

/// The server's end of one connection.
pub(super) struct Peer {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
}

impl Peer {
    /// Accepts the next connection and sends nothing.
    pub(super) async fn mute(connections: &mut mpsc::Receiver<DuplexStream>) -> Self {
        let (read, write) = split(connections.recv().await.unwrap());
        let lines = BufReader::new(read).lines();
        Self { lines, write }
    }

    /// Accepts the next connection, answers the handshake, and lists `tools`.
    pub(super) async fn accept(
        connections: &mut mpsc::Receiver<DuplexStream>,
        tools: Value,
    ) -> Self {
        let mut peer = Self::mute(connections).await;
        let hello = peer.expect("initialize").await;
        assert_eq!(hello["params"]["clientInfo"]["name"], "parlor");
        let capabilities = json!({"tools": {"listChanged": true}});
        let us = json!({"name": "peer", "version": "1"});
        let version = &hello["params"]["protocolVersion"];
        peer.answer(
            &hello,
            json!({"protocolVersion": version, "capabilities": capabilities, "serverInfo": us}),
        )
        .await;
        let ready = peer.expect("notifications/initialized").await;
        assert!(ready.get("id").is_none());
        peer.lists(tools).await;
        peer
    }

    /// Answers the next `tools/list` request.
    pub(super) async fn lists(&mut self, tools: Value) {
        let asked = self.expect("tools/list").await;
        self.answer(&asked, json!({"tools": tools})).await;
    }

    /// Receives the next message, which must have this method.
    pub(super) async fn expect(&mut self, method: &str) -> Value {
        let line = self.lines.next_line().await.unwrap();
        let message: Value =
            serde_json::from_str(&line.expect("the client closed the connection")).unwrap();
        assert_eq!(message["jsonrpc"], "2.0");
        assert_eq!(message["method"], method, "{message}");
        message
    }

    /// Waits until the client closes the connection. It must not send anything before.
    pub(super) async fn hung_up(&mut self) {
        assert_eq!(self.lines.next_line().await.unwrap(), None);
    }

    pub(super) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(json!({"jsonrpc": "2.0", "id": request["id"], "result": result}))
            .await;
    }

    pub(super) async fn refuse(&mut self, request: &Value, message: &str) {
        let error = json!({"code": -32_602, "message": message});
        self.send(json!({"jsonrpc": "2.0", "id": request["id"], "error": error}))
            .await;
    }

    pub(super) async fn notify(&mut self, method: &str) {
        self.send(json!({"jsonrpc": "2.0", "method": method})).await;
    }

    async fn send(&mut self, message: Value) {
        let line = format!("{message}\n");
        self.write.write_all(line.as_bytes()).await.unwrap();
    }
}
