//! The servers that a worker talks to, and their credentials.

use parlor_core::secret::Secret;

use super::source::{Reader, Source};
use super::{ConfigError, address, proxies};
use crate::dial::Proxies;
use crate::voice_agent::Endpoint;

/// Address of the public Voice Agent API in the United States.
pub const DEFAULT_BASE_URL: &str = "wss://agents.assemblyai.com";

/// A LiveKit server and its credentials.
#[derive(Debug, Clone, Default)]
pub struct LiveKit {
    /// Address: `ws://`, `wss://`, `http://` or `https://`, with a path before the server's own, if
    /// there is one.
    pub url: String,
    /// API key.
    pub api_key: String,
    /// API secret, which signs access tokens.
    pub api_secret: Secret,
    /// Shared key for end-to-end encryption in its rooms, so that the server cannot listen.
    pub shared_key: Option<Secret>,
    /// Proxies between this machine and the server.
    pub proxies: Proxies,
}

/// The Voice Agent API and its key.
#[derive(Debug, Clone)]
pub struct AgentApi {
    /// Address: `ws://` or `wss://`, without `/v1/ws`.
    pub base_url: String,
    /// API key, sent as a bearer token.
    pub key: Secret,
    /// Proxies between this machine and the server.
    pub proxies: Proxies,
}

impl LiveKit {
    /// Base address of the server's HTTP API.
    pub fn http_url(&self) -> String {
        address::http(&self.url)
    }

    /// Loads only the server's address and credentials.
    ///
    /// # Errors
    /// Every missing or invalid setting.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let livekit = livekit(&mut reader);
        finish(livekit, reader)
    }
}

impl AgentApi {
    /// The WebSocket endpoint of the API.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: format!("{}/v1/ws", self.base_url),
            bearer: self.key.clone(),
            proxies: self.proxies.clone(),
        }
    }

    /// Address of an HTTP resource of the API, such as `/v1/voices`.
    pub fn http_url(&self, path: &str) -> String {
        format!("{}{path}", address::http(&self.base_url))
    }

    /// Loads only the API's address and key.
    ///
    /// # Errors
    /// Every missing or invalid setting.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let api = agent_api(&mut reader);
        finish(api, reader)
    }

    /// Like [`load`](Self::load), but `None` if no key is set.
    ///
    /// # Errors
    /// Every invalid setting.
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
        "set it to the address of your LiveKit server, for example wss://my-project.livekit.cloud",
    );
    let url = checked_address(reader, "LIVEKIT_URL", url.reveal());
    const SETTINGS: &str = "copy it from your LiveKit project's settings";
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
        "copy it from your AssemblyAI dashboard; for the simulator any value will do",
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

/// `value` as a valid address without trailing slashes. An invalid one is recorded as a problem; a
/// missing one is reported elsewhere.
fn checked_address(reader: &mut Reader<'_>, name: &str, value: &str) -> String {
    let checked = address::checked(value);
    if let Err(why) = checked
        && !value.is_empty()
    {
        reader.problem(format!("{name} is invalid: {why}"));
    }
    checked.unwrap_or_default()
}
