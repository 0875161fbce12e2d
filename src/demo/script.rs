//! What the demonstration's caller says, and when.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Tell, Told};
use crate::room::Caller;
use crate::sim::clips;
use crate::wav;

/// How long the agent may take to its next word.
const SPEAKS_WITHIN: Duration = Duration::from_secs(15);

/// How long it may speak.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// Who calls.
#[derive(Debug, Clone)]
pub enum Voice {
    /// Nobody here: you join yourself.
    Yours,
    /// A short talk that is shipped.
    Shipped,
    /// A WAV file.
    File(PathBuf),
}

/// One thing the caller says.
#[derive(Debug)]
pub(super) struct Line {
    words: String,
    /// Mono, 24 kHz.
    samples: Vec<i16>,
    when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// After the agent has finished.
    Listening,
    /// A moment after the agent has begun: an interruption.
    Speaking,
}

/// The lines of `voice`; none when you call yourself.
pub(super) fn lines(voice: &Voice) -> anyhow::Result<Option<Vec<Line>>> {
    match voice {
        Voice::Yours => Ok(None),
        Voice::File(path) => Ok(Some(vec![Line {
            words: format!("({})", path.display()),
            samples: wav::read(path)?,
            when: When::Listening,
        }])),
        Voice::Shipped => {
            let line = |(name, when)| {
                let clip = clips::find(name).with_context(|| format!("no clip {name}"))?;
                Ok(Line {
                    words: clip.words.to_owned(),
                    samples: clip.samples(),
                    when,
                })
            };
            SHIPPED
                .into_iter()
                .map(line)
                .collect::<anyhow::Result<_>>()
                .map(Some)
        }
    }
}

/// The shipped talk, by clip.
const SHIPPED: [(&str, When); 4] = [
    ("caller-hours", When::Listening),
    ("caller-table", When::Listening),
    ("caller-stop", When::Speaking),
    ("caller-bye", When::Listening),
];

/// Says each line at its time, the first after the greeting if there is one, and hears the last
/// reply out.
pub(super) async fn play(
    caller: &mut Caller,
    lines: Vec<Line>,
    is_greeted: bool,
    tell: Tell<'_>,
) -> anyhow::Result<()> {
    let mut state = caller.agent_state();
    if is_greeted {
        speaking(&mut state).await?;
    }
    for line in lines {
        if line.when == When::Listening {
            listening(&mut state).await?;
        }
        tell(Told::Said(&line.words));
        caller
            .say(&line.samples)
            .await
            .map_err(|error| anyhow!(error))?;
        if line.when == When::Speaking {
            // The interrupted reply ends before the next begins.
            listening(&mut state).await?;
        }
        speaking(&mut state).await?;
    }
    listening(&mut state).await
}

async fn speaking(state: &mut watch::Receiver<String>) -> anyhow::Result<()> {
    until(state, "speaking", SPEAKS_WITHIN).await
}

async fn listening(state: &mut watch::Receiver<String>) -> anyhow::Result<()> {
    until(state, "listening", ENDS_WITHIN).await
}

async fn until(
    state: &mut watch::Receiver<String>,
    wanted: &str,
    within: Duration,
) -> anyhow::Result<()> {
    match timeout(within, state.wait_for(|state| state == wanted)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) => bail!("the caller's connection ended"),
        Err(_) => bail!("the agent was not {wanted} within {} s", within.as_secs()),
    }
}
