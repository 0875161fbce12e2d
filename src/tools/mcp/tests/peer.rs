//! A server in the test's hand: it takes nothing but what the test expects next.

use rmcp::RoleClient;
use rmcp::transport::async_rw::AsyncRwTransport;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, duplex,
    split,
};
use tokio::sync::mpsc;

use crate::tools::mcp::error::ConnectError;
use crate::tools::mcp::process::Process;
use crate::tools::mcp::transport::Connector;

/// Leads to the peer that the test holds; to nobody once the test holds none.
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

/// One connection, seen from the server.
pub(super) struct Peer {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
}

impl Peer {
    /// Takes the next connection and says nothing.
    pub(super) async fn mute(connections: &mut mpsc::Receiver<DuplexStream>) -> Self {
        let (read, write) = split(connections.recv().await.unwrap());
        let lines = BufReader::new(read).lines();
        Self { lines, write }
    }

    /// Takes the next connection, shakes hands, and lists `tools`.
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

    /// Answers the request for tools.
    pub(super) async fn lists(&mut self, tools: Value) {
        let asked = self.expect("tools/list").await;
        self.answer(&asked, json!({"tools": tools})).await;
    }

    /// The next message, which must be of this method.
    pub(super) async fn expect(&mut self, method: &str) -> Value {
        let line = self.lines.next_line().await.unwrap();
        let message: Value = serde_json::from_str(&line.expect("they hung up")).unwrap();
        assert_eq!(message["jsonrpc"], "2.0");
        assert_eq!(message["method"], method, "{message}");
        message
    }

    /// Waits for the other side to hang up, without a further word.
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
