//! The address and the key of the Voice Agent API.

use parlor_common::dial::Proxies;
use parlor_common::settings::{ConfigError, Reader, Source, address, read_proxies};
use parlor_core::secret::Secret;

use super::Endpoint;

/// Address of the public Voice Agent API in the United States.
pub const DEFAULT_BASE_URL: &str = "wss://agents.assemblyai.com";

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
        let api = Self::read(&mut reader);
        reader.finish(api)
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

    /// Reads the API's address and key; records every problem in `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let key = reader.required_key(
            "ASSEMBLYAI_API_KEY",
            "copy it from your AssemblyAI dashboard; for the simulator any value will do",
        );
        let base = reader.text("ASSEMBLYAI_BASE_URL");
        let base = base.as_deref().unwrap_or(DEFAULT_BASE_URL);
        let base = reader.address("ASSEMBLYAI_BASE_URL", base);
        let base_url = address::websocket(&base)
            .trim_end_matches("/v1/ws")
            .to_owned();
        Self {
            base_url,
            key,
            proxies: read_proxies(reader),
        }
    }
}
