//! What passes between the daemon and a cell: JSON, each message behind its length in 4 bytes,
//! big end first.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use parlor_core::conversation::Checkpoint;
use parlor_core::secret::{Private, Secret};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::session::Counts;

/// The longest message, in bytes: a dispatch may carry 512 KiB of metadata.
const LONGEST: usize = 4 << 20;

/// From the daemon. It holds tokens, so it cannot be printed.
#[derive(Serialize, Deserialize, PartialEq, Clone)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToCell {
    /// What the agent is from now on; comes first, and may come again.
    Agent {
        /// Where its file stands.
        path: PathBuf,
        /// What the file says.
        #[serde(serialize_with = "Private::serialize_revealed")]
        text: Private<String>,
    },
    /// Make a call.
    Start(Box<Start>),
    /// End a call properly.
    Stop {
        /// Which.
        job: String,
    },
    /// The same, after a goodbye.
    SayGoodbye {
        /// Which.
        job: String,
    },
    /// The end of a call is told: it may leave its room.
    Release {
        /// Which.
        job: String,
    },
}

/// A call to be made.
#[derive(Serialize, Deserialize, PartialEq, Clone, Default)]
pub struct Start {
    /// Its name.
    pub job: String,
    /// Its room, for the log.
    pub room: String,
    /// Another server than the one in the environment.
    pub url: Option<String>,
    /// Opens the room.
    #[serde(serialize_with = "Secret::serialize_revealed")]
    pub token: Secret,
    /// Whom the call is for, unless it is for the room.
    pub participant: Option<String>,
    /// What the dispatch brought for the agent.
    #[serde(serialize_with = "Private::serialize_revealed")]
    pub metadata: Private<String>,
    /// What the dispatch brought for the agent's attributes.
    pub attributes: HashMap<String, String>,
    /// Where another cell had to leave the call.
    pub checkpoint: Option<Checkpoint>,
}

/// From a cell.
#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromCell {
    /// The native core is loaded.
    Ready,
    /// It is alive; this was counted since the last time.
    Beat {
        /// In all its calls.
        counts: Counts,
    },
    /// From here another cell could go on with a call.
    Checkpoint {
        /// Which.
        job: String,
        /// From where.
        checkpoint: Box<Checkpoint>,
    },
    /// What opens the room of a call from now on.
    Token {
        /// Which.
        job: String,
        /// Opens it.
        #[serde(serialize_with = "Secret::serialize_revealed")]
        token: Secret,
    },
    /// A call is in its room.
    Running {
        /// Which.
        job: String,
    },
    /// A call is over; it waits to be released.
    Ended {
        /// Which.
        job: String,
        /// Why it failed, if it did.
        error: Option<String>,
    },
    /// A bug has ended a call.
    Broken {
        /// Which.
        job: String,
    },
    /// A call has left its room.
    Left {
        /// Which.
        job: String,
    },
}

/// Writes one message.
///
/// # Errors
/// When the other side is gone.
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

/// Reads one message; none at the end.
///
/// # Errors
/// When the message is cut, longer than 4 MiB, or no message.
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
        let why = format!("a message of {length} bytes, {LONGEST} are allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    // The content may be a token: the error must not quote it.
    let unreadable =
        |_| io::Error::new(io::ErrorKind::InvalidData, "a message that cannot be read");
    serde_json::from_slice(&body).map(Some).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_arrive_whole_and_in_order() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let start = ToCell::Start(Box::new(Start {
            job: "AJ_1".to_owned(),
            room: "kitchen".to_owned(),
            token: Secret::new("t".repeat(10_000)),
            ..Start::default()
        }));
        let stop = ToCell::Stop {
            job: "AJ_1".to_owned(),
        };
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
    async fn noise_is_an_error_that_quotes_nothing() {
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
