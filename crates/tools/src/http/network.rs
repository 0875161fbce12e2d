//! Network access of HTTP tools: the shared clients, and which of them a request uses.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parlor_common::dial::{self, Proxies};
use reqwest::dns::{Name, Resolve};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy, Url};

use super::failure::{Failure, Refused};
use super::public_addresses::{IsPublic, PublicAddresses, System, is_public};

/// Timeout of connecting: from the DNS lookup to the end of the TLS handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// HTTP clients that all tools share. Cheap to clone; one is enough for the process.
#[derive(Clone)]
pub struct Network(Arc<Clients>);

struct Clients {
    /// Connects directly, to public addresses only.
    guarded: Client,
    /// Connects directly, to any address.
    open: Client,
    /// Connects through the proxies.
    proxied: Client,
    proxies: Proxies,
    names: Arc<dyn Resolve>,
    is_public: IsPublic,
}

impl Network {
    /// Builds the clients for a network behind `proxies`.
    ///
    /// # Errors
    /// The machine has no CA certificates, or a proxy URL is invalid.
    pub fn new(proxies: &Proxies) -> Result<Self, String> {
        Self::with(proxies, Arc::new(System), is_public)
    }

    /// Like [`Network::new`], with another resolver and another definition of public addresses.
    pub(super) fn with(
        proxies: &Proxies,
        names: Arc<dyn Resolve>,
        is_public: IsPublic,
    ) -> Result<Self, String> {
        let tls = dial::tls().map_err(|error| error.to_string())?;
        let straight = || client(&tls).no_proxy();
        let guard = PublicAddresses {
            names: names.clone(),
            is_public,
        };
        let built = |builder: ClientBuilder| {
            let why = |_| "cannot build the HTTP client: check the proxies".to_owned();
            builder.build().map_err(why)
        };
        Ok(Self(Arc::new(Clients {
            guarded: built(straight().dns_resolver(guard))?,
            open: built(straight().dns_resolver(names.clone()))?,
            proxied: built(through(proxies, client(&tls).no_proxy())?)?,
            proxies: proxies.clone(),
            names,
            is_public,
        })))
    }

    /// Whether the host of `url` is an IP address that is not public. Names are not resolved.
    pub(super) fn is_private_literal(&self, url: &Url) -> bool {
        literal(url).is_some_and(|address| !(self.0.is_public)(address))
    }

    /// The client for a request to `url`.
    ///
    /// Connections are direct unless a proxy is configured for the host. In that case the name is
    /// resolved here first, and all its addresses must be public, as the proxy may use any of them.
    ///
    /// # Errors
    /// The host is not public, as far as is known before connecting, or cannot be resolved.
    pub(super) async fn client(&self, url: &Url, allow_private: bool) -> Result<&Client, Failure> {
        let clients = &*self.0;
        if !allow_private && self.is_private_literal(url) {
            return Err(Refused::Private.into());
        }
        if clients.proxies.stand_before(url.as_str()) {
            if !allow_private {
                self.look_up(url).await?;
            }
            return Ok(&clients.proxied);
        }
        Ok(if allow_private {
            &clients.open
        } else {
            &clients.guarded
        })
    }

    async fn look_up(&self, url: &Url) -> Result<(), Failure> {
        let Some(name) = url.domain() else {
            return Ok(());
        };
        let name: Name = name.parse().map_err(|_| Failure::UnknownName)?;
        let found = self.0.names.resolve(name).await;
        let mut found = found.map_err(|_| Failure::UnknownName)?.peekable();
        if found.peek().is_none() {
            return Err(Failure::UnknownName);
        }
        if found.all(|address| (self.0.is_public)(address.ip())) {
            Ok(())
        } else {
            Err(Refused::Private.into())
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

fn client(tls: &rustls::ClientConfig) -> ClientBuilder {
    Client::builder()
        // `RedirectClient` follows redirects, and checks each of them first.
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_WITHIN)
        .user_agent(concat!("parlor/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls.clone())
}

fn through(proxies: &Proxies, mut builder: ClientBuilder) -> Result<ClientBuilder, String> {
    type Kind = fn(&str) -> reqwest::Result<Proxy>;
    let all: [(&str, Kind); 3] = [
        (proxies.https.reveal(), |address| Proxy::https(address)),
        (proxies.http.reveal(), |address| Proxy::http(address)),
        (proxies.all.reveal(), |address| Proxy::all(address)),
    ];
    for (address, kind) in all {
        if !address.is_empty() {
            let proxy = kind(address).map_err(|_| "the URL of a proxy is invalid".to_owned())?;
            builder = builder.proxy(proxy);
        }
    }
    Ok(builder)
}

/// The host of `url` if it is an IP address.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}
