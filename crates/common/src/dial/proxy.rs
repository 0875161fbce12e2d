//! HTTP proxies: selects the proxy for a server, and opens tunnels through it.

use std::io;
use std::net::IpAddr;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use parlor_core::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Uri;

/// Maximum size of the header section of a proxy's response, in bytes.
const MAX_HEAD: usize = 8 << 10;

/// Maximum number of headers in a proxy's response.
const MAX_HEADERS: usize = 64;

/// Proxy settings. The proxy URLs may contain passwords; an empty URL counts as not set.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Proxy for TLS connections.
    pub https: Secret,
    /// Proxy for connections without TLS.
    pub http: Secret,
    /// Proxy for connections without a more specific one.
    pub all: Secret,
    /// Comma-separated list of servers to connect to directly: host names including their
    /// subdomains, `*`, IP addresses and networks, each optionally restricted by `:port`.
    pub none_for: String,
}

/// Address of a server to connect to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server<'a> {
    /// Host name or IP address; IPv6 addresses are in brackets.
    pub(super) host: &'a str,
    pub(super) port: u16,
    is_tls: bool,
}

/// Why a tunnel could not be opened. Never contains the proxy's user name and password.
#[derive(Debug, thiserror::Error)]
#[error("the proxy {proxy} {why}")]
pub(super) struct ProxyError {
    proxy: String,
    why: Why,
}

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("cannot be used: only http:// proxies are supported")]
    Unsupported,
    #[error("cannot be reached: {0}")]
    Broken(#[from] io::Error),
    #[error("requires a user name and password (HTTP 407): set http://user:password@host:port")]
    Login,
    #[error("refused with HTTP {0}")]
    Refused(u16),
    #[error("sent an invalid response")]
    InvalidResponse,
}

impl Proxies {
    /// Returns whether `address` is a valid proxy URL of any kind.
    pub fn is_address(address: &str) -> bool {
        let matcher = Matcher::builder().all(address).build();
        let anywhere = Uri::from_static("http://server");
        matcher.intercept(&anywhere).is_some()
    }

    /// Returns whether connections to `url` use a proxy.
    pub fn stand_before(&self, url: &str) -> bool {
        let uri = url.parse::<Uri>();
        let server = uri.as_ref().ok().and_then(Server::of);
        server.is_some_and(|server| self.toward(&server).is_some())
    }

    /// The URL of the proxy for `url`, including its password; `None` if there is no proxy.
    pub(super) fn address_toward(&self, url: &str) -> Option<String> {
        let uri = url.parse::<Uri>().ok()?;
        let server = Server::of(&uri)?;
        self.toward(&server)?;
        let own = if server.is_tls {
            &self.https
        } else {
            &self.http
        };
        let address = if own.is_empty() { &self.all } else { own };
        let address = address.reveal();
        Some(match address.contains("://") {
            true => address.to_owned(),
            false => format!("http://{address}"),
        })
    }

    /// Checks that the proxy for `url`, if any, is of a supported kind.
    ///
    /// # Errors
    /// A message that names the unsupported proxy, without its user name and password.
    pub(crate) fn check(&self, url: &str) -> Result<(), String> {
        let uri = url.parse::<Uri>();
        let server = uri.as_ref().ok().and_then(Server::of);
        match server.and_then(|server| self.toward(&server)) {
            Some(proxy) if scheme(&proxy) != "http" => Err(ProxyError {
                proxy: shown(&proxy),
                why: Why::Unsupported,
            }
            .to_string()),
            _ => Ok(()),
        }
    }

    /// The URL of the proxy for `url`, without user name and password; `None` if there is no proxy.
    pub(super) fn shown_toward(&self, url: &str) -> Option<String> {
        let uri = url.parse::<Uri>().ok()?;
        self.toward(&Server::of(&uri)?).map(|proxy| shown(&proxy))
    }

    /// The proxy for `server`; always `None` for this machine itself.
    pub(super) fn toward(&self, server: &Server<'_>) -> Option<Intercept> {
        if server.is_here() {
            return None;
        }
        let matcher = Matcher::builder()
            .https(self.https.reveal())
            .http(self.http.reveal())
            .all(self.all.reveal())
            .no(self.none_for_port(server.port))
            .build();
        let scheme = if server.is_tls { "https" } else { "http" };
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(server.host)
            .path_and_query("/");
        matcher.intercept(&uri.build().ok()?)
    }

    /// The entries of `none_for` that apply to `port`, without their ports.
    fn none_for_port(&self, port: u16) -> String {
        let on_port = |entry| match split_port(entry) {
            (host, Some(only)) => (only == port).then_some(host),
            (host, None) => Some(host),
        };
        let entries = self.none_for.split(',').map(str::trim).filter_map(on_port);
        entries.map(bare).collect::<Vec<_>>().join(",")
    }
}

impl<'a> Server<'a> {
    /// Extracts the server from a `ws://`, `wss://`, `http://` or `https://` URL.
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        let is_tls = matches!(uri.scheme_str(), Some("wss" | "https"));
        let default = if is_tls { 443 } else { 80 };
        Some(Self {
            host: uri.host()?,
            port: uri.port_u16().unwrap_or(default),
            is_tls,
        })
    }

    fn is_here(&self) -> bool {
        let host = bare(self.host);
        let address = host.parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

/// Strips the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// Splits `host:port`. An IPv6 address can have a port only if it is in brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => port
            .parse()
            .map_or((entry, None), |port| (host, Some(port))),
        _ => (entry, None),
    }
}

/// Opens a connection to `server` through `proxy`.
pub(super) async fn tunnel(
    proxy: &Intercept,
    server: &Server<'_>,
) -> Result<TcpStream, ProxyError> {
    let uri = proxy.uri();
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(80);
    let opened = async {
        if scheme(proxy) != "http" {
            return Err(Why::Unsupported);
        }
        let mut stream = TcpStream::connect((bare(host), port)).await?;
        stream.write_all(&request(proxy, server)).await?;
        match status(&mut stream).await? {
            200..=299 => Ok(stream),
            407 => Err(Why::Login),
            status => Err(Why::Refused(status)),
        }
    };
    opened.await.map_err(|why| ProxyError {
        proxy: shown(proxy),
        why,
    })
}

fn scheme(proxy: &Intercept) -> &str {
    proxy.uri().scheme_str().unwrap_or_default()
}

/// The proxy's URL without user name and password.
fn shown(proxy: &Intercept) -> String {
    let uri = proxy.uri();
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().map(|port| format!(":{port}"));
    format!("{}://{host}{}", scheme(proxy), port.unwrap_or_default())
}

fn request(proxy: &Intercept, server: &Server<'_>) -> Vec<u8> {
    let Server { host, port, .. } = server;
    let mut request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(login) = proxy.basic_auth() {
        let login = [b"Proxy-Authorization: ", login.as_bytes(), b"\r\n"];
        request.extend(login.concat());
    }
    request.extend(b"\r\n");
    request
}

/// Reads the proxy's response and returns its status code.
async fn status(stream: &mut TcpStream) -> Result<u16, Why> {
    let mut head = vec![0; MAX_HEAD];
    let mut filled = 0;
    loop {
        // A read returns 0 bytes at the end of the stream, and when the buffer is full.
        match stream.read(&mut head[filled..]).await? {
            0 => return Err(Why::InvalidResponse),
            more => filled += more,
        }
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer
            .parse(&head[..filled])
            .map_err(|_| Why::InvalidResponse)?;
        if let (httparse::Status::Complete(length), Some(status)) = (parsed, answer.code) {
            // The server sends nothing before a request, so extra bytes come from the proxy itself.
            let is_whole = length == filled || !(200..300).contains(&status);
            return if is_whole {
                Ok(status)
            } else {
                Err(Why::InvalidResponse)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "http://office.example:3128/";

    /// The URL of the proxy for `server`.
    fn toward(proxies: &Proxies, server: &str) -> Option<String> {
        let uri = server.parse().unwrap();
        let proxy = proxies.toward(&Server::of(&uri).unwrap())?;
        Some(proxy.uri().to_string())
    }

    fn everywhere_but(none_for: &str) -> Proxies {
        Proxies {
            all: Secret::new(OFFICE),
            none_for: none_for.to_owned(),
            ..Proxies::default()
        }
    }

    #[test]
    fn each_scheme_has_its_proxy_and_all_is_the_fallback() {
        let mut proxies = Proxies {
            https: Secret::new("http://tls.example:1"),
            http: Secret::new("plain.example:2"),
            ..Proxies::default()
        };
        let tls = toward(&proxies, "wss://a.example");
        let plain = toward(&proxies, "ws://a.example");
        assert_eq!(tls.as_deref(), Some("http://tls.example:1/"));
        assert_eq!(plain.as_deref(), Some("http://plain.example:2/"));
        proxies.http = Secret::default();
        assert_eq!(toward(&proxies, "ws://a.example"), None);
        proxies.all = Secret::new(OFFICE);
        let plain = toward(&proxies, "ws://a.example");
        assert_eq!(plain.as_deref(), Some(OFFICE));
    }

    #[test]
    fn servers_in_none_for_are_reached_directly() {
        let cases = [
            ("a.example", "wss://a.example", true),
            ("a.example", "wss://A.Example:8443", true),
            ("a.example", "wss://voice.a.example", true),
            (".a.example", "wss://voice.a.example", true),
            ("a.example", "wss://bana.example", false),
            ("b.example, a.example", "wss://a.example", true),
            ("*", "wss://a.example", true),
            ("a.example:443", "wss://a.example", true),
            ("a.example:443", "ws://a.example", false),
            ("a.example:x", "wss://a.example", false),
            ("10.1.2.3", "ws://10.1.2.3:7880", true),
            ("10.1.2.3:7880", "ws://10.1.2.3:7880", true),
            ("10.1.2.3:7880", "ws://10.1.2.3:7881", false),
            ("10.1.0.0/16", "ws://10.1.2.3", true),
            ("10.1.0.0/16", "ws://10.2.2.3", false),
            ("fd00::1", "ws://[fd00::1]:7880", true),
            ("[fd00::1]:7880", "ws://[fd00::1]:7880", true),
            ("[fd00::1]:7880", "ws://[fd00::1]", false),
            ("", "wss://a.example", false),
        ];
        for (none_for, server, is_direct) in cases {
            let proxy = toward(&everywhere_but(none_for), server);
            assert_eq!(proxy.is_none(), is_direct, "{none_for:?} {server}");
        }
    }

    #[test]
    fn loopback_addresses_are_reached_directly() {
        let proxies = everywhere_but("");
        for here in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:7880",
            "127.9.9.9",
            "[::1]:7880",
        ] {
            assert_eq!(toward(&proxies, &format!("ws://{here}")), None, "{here}");
        }
        assert!(toward(&proxies, "ws://localhost.example").is_some());
    }

    #[test]
    fn http_clients_use_the_same_proxy_with_its_password() {
        let mut proxies = everywhere_but("b.example");
        proxies.https = Secret::new("user:p%40ss@tls.example:1");
        let toward = |url| proxies.address_toward(url);
        let tls = Some("http://user:p%40ss@tls.example:1".to_owned());
        assert_eq!(toward("https://a.example/twirp"), tls);
        assert_eq!(toward("http://a.example").as_deref(), Some(OFFICE));
        for direct in ["https://b.example", "http://127.0.0.1:7880", "http://[::1]"] {
            assert_eq!(toward(direct), None, "{direct}");
        }
    }

    #[test]
    fn an_unsupported_proxy_is_named_without_its_password() {
        let proxies = Proxies {
            all: Secret::new("socks5://user:canary@office.example:1080"),
            ..Proxies::default()
        };
        let why = proxies.check("https://a.example").unwrap_err();
        assert!(
            why.starts_with("the proxy socks5://office.example:1080 cannot"),
            "{why}"
        );
        assert_eq!(proxies.check("http://localhost:7880"), Ok(()));
    }

    #[test]
    fn proxy_addresses_are_recognized() {
        for good in [
            "http://a",
            "a:3128",
            "http://u:p@a:1",
            "socks5://a:1",
            "https://a",
        ] {
            assert!(Proxies::is_address(good), "{good}");
        }
        for bad in ["", "ftp://a", "http://", "http://a b"] {
            assert!(!Proxies::is_address(bad), "{bad}");
        }
    }
}
