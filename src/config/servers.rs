//! The servers that a worker talks to, and what opens them.

use parlor_core::secret::Secret;

use super::source::{Reader, Source};
use super::{ConfigError, address, proxies};
use crate::dial::Proxies;
use crate::voice_agent::Endpoint;

/// The public Voice Agent API, for the United States.
pub const DEFAULT_BASE_URL: &str = "wss://agents.assemblyai.com";

/// A LiveKit server and the key that signs for it.
#[derive(Debug, Clone, Default)]
pub struct LiveKit {
    /// `ws://`, `wss://`, `http://` or `https://`, with the path before the server's own, if any.
    pub url: String,
    /// Names the key.
    pub api_key: String,
    /// Signs tokens.
    pub api_secret: Secret,
    /// What everybody in its rooms encrypts with, so that the server cannot listen.
    pub shared_key: Option<Secret>,
    /// What stands between here and there.
    pub proxies: Proxies,
}

/// The Voice Agent API and the key that opens it.
#[derive(Debug, Clone)]
pub struct AgentApi {
    /// `ws://` or `wss://`, without `/v1/ws`.
    pub base_url: String,
    /// Sent as Bearer.
    pub key: Secret,
    /// What stands between here and there.
    pub proxies: Proxies,
}

impl LiveKit {
    /// The address of the server's HTTP API.
    pub fn http_url(&self) -> String {
        address::http(&self.url)
    }

    /// Reads the server's address and key only.
    ///
    /// # Errors
    /// What of it is missing or wrong.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let livekit = livekit(&mut reader);
        finish(livekit, reader)
    }
}

impl AgentApi {
    /// The WebSocket of the API.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: format!("{}/v1/ws", self.base_url),
            bearer: self.key.clone(),
            proxies: self.proxies.clone(),
        }
    }

    /// The address of an HTTP resource of the API, such as `/v1/voices`.
    pub fn http_url(&self, path: &str) -> String {
        format!("{}{path}", address::http(&self.base_url))
    }

    /// Reads the API's address and key only.
    ///
    /// # Errors
    /// What of it is missing or wrong.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let api = agent_api(&mut reader);
        finish(api, reader)
    }

    /// The same, when there is a key at all.
    ///
    /// # Errors
    /// What of it is wrong.
    pub fn load_if_keyed(source: &Source) -> Result<Option<Self>, ConfigError> {
        match source.text("ASSEMBLYAI_API_KEY") {
            Some(_) => Self::load(source).map(Some),
            None => Ok(None),
        }
    }
}

fn finish<T>(value: T, reader: Reader<'_>) -> Result<T, ConfigError> {
    if reader.problems.is_empty() {
        Ok(value)
    } else {
        Err(ConfigError(reader.problems))
    }
}

pub(super) fn livekit(reader: &mut Reader<'_>) -> LiveKit {
    let url = reader.required(
        "LIVEKIT_URL",
        "the address of your LiveKit server, for instance wss://my-project.livekit.cloud",
    );
    let url = checked_address(reader, "LIVEKIT_URL", url.reveal());
    const SETTINGS: &str = "from your LiveKit project's settings";
    let api_key = reader.required_key("LIVEKIT_API_KEY", SETTINGS);
    let api_secret = reader.required("LIVEKIT_API_SECRET", SETTINGS);
    reader.passphrase("LIVEKIT_API_SECRET");
    LiveKit {
        url,
        api_key: api_key.reveal().to_owned(),
        api_secret,
        shared_key: reader.passphrase("PARLOR_SHARED_KEY"),
        proxies: proxies::read(reader),
    }
}

pub(super) fn agent_api(reader: &mut Reader<'_>) -> AgentApi {
    let key = reader.required_key(
        "ASSEMBLYAI_API_KEY",
        "from your AssemblyAI dashboard; any word will do for the simulator",
    );
    let base = reader.text("ASSEMBLYAI_BASE_URL");
    let base = base.as_deref().unwrap_or(DEFAULT_BASE_URL);
    let base = checked_address(reader, "ASSEMBLYAI_BASE_URL", base);
    let base_url = address::websocket(&base)
        .trim_end_matches("/v1/ws")
        .to_owned();
    AgentApi {
        base_url,
        key,
        proxies: proxies::read(reader),
    }
}

/// An address with one of the four schemes, without a slash at its end; one that is missing is
/// told elsewhere.
fn checked_address(reader: &mut Reader<'_>, name: &str, value: &str) -> String {
    let checked = address::checked(value);
    if let Err(why) = checked
        && !value.is_empty()
    {
        reader.problem(format!("{name} is wrong: {why}"));
    }
    checked.unwrap_or_default()
}
