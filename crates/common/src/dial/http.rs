//! HTTP clients that share the same rules for proxies, certificates and redirects.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy};
use rustls::RootCertStore;

use super::{DialError, Proxies, tls, trusting, unreachable};

/// Timeout for connecting, including the TLS handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Creates a client that connects through `proxies`, trusts the system's certificates and follows
/// no redirects. `within` is the timeout of a request, unless the request sets its own.
///
/// # Errors
/// Fails if TLS or the client cannot be set up.
pub fn client(proxies: &Proxies, within: Duration) -> Result<Client, DialError> {
    let client = builder(proxies)?.timeout(within).build();
    client.map_err(|error| unreachable(reason(error)))
}

/// Returns the builder of such a client, without a request timeout.
///
/// # Errors
/// Fails if TLS cannot be set up.
pub fn builder(proxies: &Proxies) -> Result<ClientBuilder, DialError> {
    // Without certificates, plain HTTP still works; `check` rejects HTTPS.
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

/// Checks that a client can reach `url`, before a request is made.
///
/// # Errors
/// Fails if the proxy for `url` is of an unsupported kind, or if `url` is HTTPS and the system has
/// no CA certificates.
pub fn check(proxies: &Proxies, url: &str) -> Result<(), DialError> {
    proxies.check(url).map_err(unreachable)?;
    match url.starts_with("https:") {
        true => tls().map(drop),
        false => Ok(()),
    }
}

/// Describes why a request to `url` through `proxies` failed, as [`reason`] does. If there is a proxy
/// and nothing could be connected to, names it.
pub fn reason_through(proxies: &Proxies, url: &str, error: reqwest::Error) -> String {
    let proxy = proxies.shown_toward(url);
    match proxy.filter(|_| error.is_connect()) {
        Some(proxy) => format!(
            "the proxy {proxy} cannot be reached, or cannot reach the server: {}",
            reason(error)
        ),
        None => reason(error),
    }
}

/// Describes why a request failed, without the URL, which may contain a secret.
pub fn reason(error: reqwest::Error) -> String {
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
    super::cause(&reason)
}
