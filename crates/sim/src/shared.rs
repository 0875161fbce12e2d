//! State shared by all connections.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

use super::log::LogWriter;
use super::options::Options;
use super::record::RecordingSender;
use super::resumable_sessions::ResumableSessions;
use super::tokens::Tokens;

/// State shared by all connections of a simulator.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) options: Arc<Options>,
    pub(super) log_writer: LogWriter,
    pub(super) kept: ResumableSessions,
    pub(super) tokens: Tokens,
    /// Number of handshakes so far.
    pub(super) connections: Arc<AtomicU64>,
    pub(super) recording_sender: Option<RecordingSender>,
    pub(super) stop: watch::Receiver<bool>,
}
