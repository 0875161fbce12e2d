//! HTTP clients: one rule for proxies, certificates and redirects.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy};
use rustls::RootCertStore;

use super::{DialError, Proxies, tls, trusting, unreachable};

/// From the first packet to the end of TLS's handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A client behind `proxies` that trusts the machine's certificates, follows no redirect, and
/// answers within `within` unless a request sets its own deadline.
///
/// # Errors
/// HTTP cannot be set up.
pub(crate) fn client(proxies: &Proxies, within: Duration) -> Result<Client, DialError> {
    let client = builder(proxies)?.timeout(within).build();
    client.map_err(|error| unreachable(reason(error)))
}

/// The same, to be completed.
///
/// # Errors
/// HTTP cannot be set up.
pub(crate) fn builder(proxies: &Proxies) -> Result<ClientBuilder, DialError> {
    // Servers without TLS are reached without certificates, too: see `check`.
    let tls = match tls() {
        Ok(tls) => (*tls).clone(),
        Err(_) => trusting(RootCertStore::empty())?,
    };
    let rule = proxies.clone();
    let proxy = Proxy::custom(move |url| rule.address_toward(url.as_str()));
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .proxy(proxy)
        .connect_timeout(CONNECT_WITHIN)
        .redirect(Policy::none())
        .referer(false)
        .user_agent(concat!("parlor/", env!("CARGO_PKG_VERSION")));
    Ok(builder)
}

/// Whether such a client can reach `url`.
///
/// # Errors
/// The proxy on the way is of a kind that is not supported, or the machine has no certificates.
pub(crate) fn check(proxies: &Proxies, url: &str) -> Result<(), DialError> {
    proxies.check(url).map_err(unreachable)?;
    match url.starts_with("https:") {
        true => tls().map(drop),
        false => Ok(()),
    }
}

/// Why a request failed, with all causes and without its address, which may hold a secret.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    reason
}
