//! The script of the demo's caller.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use parlor_common::wav;
use parlor_livekit::room::Caller;
use parlor_sim::clips;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{OnProgress, Progress};

/// Timeout for the agent to start speaking.
const SPEAKS_WITHIN: Duration = Duration::from_secs(15);

/// Timeout for the agent to finish speaking.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// Voice of the demo's caller.
#[derive(Debug, Clone)]
pub enum Voice {
    /// None: you join the room yourself.
    Yours,
    /// The bundled script.
    Shipped,
    /// A WAV file.
    File(PathBuf),
}

/// One line of the caller's script.
#[derive(Debug)]
pub(super) struct Line {
    words: String,
    /// Mono, 24 kHz.
    samples: Vec<i16>,
    when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Once the agent has finished speaking.
    Listening,
    /// Shortly after the agent started speaking, as a barge-in.
    Speaking,
}

/// Returns the lines of `voice`, or `None` if you join yourself.
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
                let clip =
                    clips::find(name).with_context(|| format!("no bundled clip named {name}"))?;
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

/// The bundled script: clip names and when to play them.
const SHIPPED: [(&str, When); 4] = [
    ("caller-hours", When::Listening),
    ("caller-table", When::Listening),
    ("caller-stop", When::Speaking),
    ("caller-bye", When::Listening),
];

/// Says each line at its time and waits for the last reply to end. If the agent greets, the first
/// line waits for the greeting to end.
pub(super) async fn play(
    caller: &mut Caller,
    lines: Vec<Line>,
    is_greeted: bool,
    on_progress: OnProgress<'_>,
) -> anyhow::Result<()> {
    let mut state = caller.agent_state();
    if is_greeted {
        speaking(&mut state).await?;
    }
    for line in lines {
        if line.when == When::Listening {
            listening(&mut state).await?;
        }
        on_progress(Progress::Said(&line.words));
        caller
            .say(&line.samples)
            .await
            .map_err(|error| anyhow!(error))?;
        if line.when == When::Speaking {
            // The interrupted reply ends before the next one starts.
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
        Ok(Err(_)) => bail!("the caller lost its connection to the room"),
        Err(_) => bail!(
            "the agent was not in state `{wanted}` within {} s",
            within.as_secs()
        ),
    }
}
