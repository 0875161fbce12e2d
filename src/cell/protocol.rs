//! Messages between the worker and a cell: JSON, each message prefixed with its length as a 4-byte
//! big-endian integer.

use std::io;
use std::path::PathBuf;

use parlor_core::cells::Start;
use parlor_core::conversation::Checkpoint;
use parlor_core::ids::JobId;
use parlor_core::secret::{Private, Secret};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::session::Counts;

/// Maximum message size in bytes: a dispatch may carry 512 KiB of metadata.
const LONGEST: usize = 4 << 20;

/// Message from the worker to a cell. Contains tokens, so it does not implement `Debug`.
#[derive(Serialize, Deserialize, PartialEq, Clone)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToCell {
    /// The agent file. Always the first message; sent again when the file changes.
    Agent {
        /// Path of the file.
        path: PathBuf,
        /// Content of the file.
        #[serde(serialize_with = "Private::serialize_revealed")]
        text: Private<String>,
    },
    /// Start a call.
    Start(Box<Start>),
    /// The worker is draining: agents without a caller wait only briefly for one.
    Drain,
    /// End a call gracefully.
    Stop {
        /// Job id of the call.
        job: JobId,
    },
    /// End a call gracefully after the agent has said goodbye.
    SayGoodbye {
        /// Job id of the call.
        job: JobId,
    },
    /// Let an ended call leave its room: the server has been told that it ended.
    Release {
        /// Job id of the call.
        job: JobId,
    },
}

/// Message from a cell to the worker.
#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromCell {
    /// The cell can handle calls.
    Ready,
    /// Heartbeat, with the counts since the previous one.
    Beat {
        /// Counts of all calls of the cell.
        counts: Counts,
    },
    /// State from which another cell could continue a call.
    Checkpoint {
        /// Job id of the call.
        job: JobId,
        /// The state.
        checkpoint: Box<Checkpoint>,
    },
    /// LiveKit has refreshed the access token of a call.
    Token {
        /// Job id of the call.
        job: JobId,
        /// The new token.
        #[serde(serialize_with = "Secret::serialize_revealed")]
        token: Secret,
    },
    /// The agent has joined the room of a call.
    Running {
        /// Job id of the call.
        job: JobId,
    },
    /// A call has ended and waits for [`ToCell::Release`].
    Ended {
        /// Job id of the call.
        job: JobId,
        /// Error message if the call failed.
        error: Option<String>,
    },
    /// A call panicked.
    Broken {
        /// Job id of the call.
        job: JobId,
    },
    /// The agent has left the room of a call.
    Left {
        /// Job id of the call.
        job: JobId,
    },
}

/// Writes one message and flushes the writer.
///
/// # Errors
/// Fails if the writer does, for instance because the other process is gone.
pub async fn write<T: Serialize>(
    writer: &mut (impl AsyncWrite + Unpin),
    message: &T,
) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    writer.write_all(&length.to_be_bytes()).await?;
    writer.write_all(&body).await?;
    writer.flush().await
}

/// Reads one message; returns `None` at the end of the stream.
///
/// # Errors
/// Fails if the message is truncated, longer than 4 MiB, or invalid.
pub async fn read<T: DeserializeOwned>(
    reader: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match reader.read_exact(&mut length).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        let why = format!("message of {length} bytes exceeds the limit of {LONGEST} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    // The message may contain a token, so the error must not quote it.
    let unreadable = |_| io::Error::new(io::ErrorKind::InvalidData, "invalid message");
    serde_json::from_slice(&body).map(Some).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use parlor_core::dispatch::{Assignment, Job, JobType};

    use super::*;

    #[tokio::test]
    async fn messages_arrive_whole_and_in_order() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let job = Job {
            id: "AJ_1".into(),
            job_type: JobType::Room,
            room: "kitchen".to_owned(),
            participant: Some("ada".into()),
            dispatch_id: "AD_1".to_owned(),
            metadata: "{}".to_owned().into(),
            attributes: HashMap::new(),
            resuming: false,
        };
        let start = ToCell::Start(Box::new(Start {
            assignment: Assignment {
                job,
                url: None,
                token: Secret::new("t".repeat(10_000)),
            },
            checkpoint: None,
        }));
        let stop = ToCell::Stop { job: "AJ_1".into() };
        let (sent, got) = tokio::join!(
            async {
                write(&mut near, &start).await?;
                write(&mut near, &stop).await?;
                drop(near);
                io::Result::Ok(())
            },
            async {
                let first: Option<ToCell> = read(&mut far).await?;
                let second: Option<ToCell> = read(&mut far).await?;
                let end: Option<ToCell> = read(&mut far).await?;
                io::Result::Ok((first, second, end))
            }
        );
        sent.unwrap();
        assert!(got.unwrap() == (Some(start), Some(stop), None));
    }

    #[tokio::test]
    async fn errors_about_invalid_messages_do_not_quote_them() {
        let cases: [&[u8]; 4] = [
            &[0, 0, 0, 9, b'"'],
            &[0xff, 0xff, 0xff, 0xff],
            &[0, 0, 0, 2, b'{', b'}'],
            b"\0\0\0\x0esecret secret!",
        ];
        for case in cases {
            let error = read::<ToCell>(&mut &*case).await.err().unwrap();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
