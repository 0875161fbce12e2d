//! The LiveKit server that a worker talks to, and its credentials.

use parlor_common::dial::Proxies;
use parlor_common::settings::{ConfigError, Reader, Source, address, read_proxies};
use parlor_core::secret::Secret;

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
        let livekit = Self::read(&mut reader);
        reader.finish(livekit)
    }

    /// Reads the server's address and credentials; records every problem in `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.required(
        "LIVEKIT_URL",
        "set it to the address of your LiveKit server, for example wss://my-project.livekit.cloud",
    );
        let url = reader.address("LIVEKIT_URL", url.reveal());
        const SETTINGS: &str = "copy it from your LiveKit project's settings";
        let api_key = reader.required_key("LIVEKIT_API_KEY", SETTINGS);
        let api_secret = reader.required("LIVEKIT_API_SECRET", SETTINGS);
        reader.passphrase("LIVEKIT_API_SECRET");
        Self {
            url,
            api_key: api_key.reveal().to_owned(),
            api_secret,
            shared_key: reader.passphrase("PARLOR_SHARED_KEY"),
            proxies: read_proxies(reader),
        }
    }
}
