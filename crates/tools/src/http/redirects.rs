//! Sends a request and follows its redirects. Each hop is checked before it is sent.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};

use super::allowed_hosts::AllowedHosts;
use super::failure::{Failure, Refused};
use super::network::Network;
use super::request::PreparedRequest;
use super::signature::Signer;

/// Sends the requests of one tool and follows their redirects.
pub(super) struct RedirectClient<'a> {
    pub(super) network: &'a Network,
    pub(super) allowed_hosts: &'a AllowedHosts,
    pub(super) signer: Option<&'a Signer>,
    pub(super) allow_private: bool,
    pub(super) redirects: u32,
}

impl RedirectClient<'_> {
    /// Sends `request` and returns the first response that is not a redirect.
    ///
    /// # Errors
    /// [`Failure`]
    pub(super) async fn send(&self, request: PreparedRequest) -> Result<Response, Failure> {
        let mut hop = Hop::first(request);
        let mut response = self.hop(&hop).await?;
        for _ in 0..self.redirects {
            let Some(to) = target(&hop.request.url, &response)? else {
                return Ok(response);
            };
            hop = hop.redirected(response.status(), to)?;
            response = self.hop(&hop).await.map_err(of_redirect)?;
        }
        match target(&hop.request.url, &response)? {
            None => Ok(response),
            Some(_) => Err(Failure::TooManyRedirects(self.redirects)),
        }
    }

    async fn hop(&self, hop: &Hop) -> Result<Response, Failure> {
        let request = &hop.request;
        self.allowed_hosts.check(&request.url)?;
        let client = self
            .network
            .client(&request.url, self.allow_private)
            .await?;
        let mut sent = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(signer) = self.signer.filter(|_| hop.is_original_server) {
            let body = request.body.as_deref().unwrap_or_default();
            let signature = signer.headers(&request.id, body);
            sent = sent.headers(signature.ok_or_else(|| Failure::InvalidValue("body".to_owned()))?);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        sent.send().await.map_err(|error| Failure::of(&error))
    }
}

struct Hop {
    request: PreparedRequest,
    /// Whether it goes to the server that the tool was written for. Only that server gets the
    /// tool's headers and signature.
    is_original_server: bool,
}

impl Hop {
    fn first(request: PreparedRequest) -> Self {
        Self {
            request,
            is_original_server: true,
        }
    }

    /// The hop after a redirect with `status`. Keeps or changes method and body as browsers do.
    fn redirected(self, status: StatusCode, to: Url) -> Result<Self, Failure> {
        let Self {
            mut request,
            is_original_server,
        } = self;
        if request.url.scheme() == "https" && to.scheme() == "http" {
            return Err(Failure::RedirectRefused(Refused::Downgrade));
        }
        let is_original_server = is_original_server && is_same_server(&request.url, &to);
        if !is_original_server {
            request.headers = without_credentials(&request.headers);
        }
        let becomes_get = match status {
            StatusCode::SEE_OTHER => request.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            request.method = Method::GET;
            request.body = None;
            request.headers.remove(CONTENT_TYPE);
        }
        request.url = to;
        Ok(Self {
            request,
            is_original_server,
        })
    }
}

/// The URL that `response` redirects to; `None` if it is not a redirect.
fn target(from: &Url, response: &Response) -> Result<Option<Url>, Failure> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    let location = location.to_str().map_err(|_| Failure::BadRedirect)?;
    let to = from.join(location).map_err(|_| Failure::BadRedirect)?;
    Ok(Some(to))
}

/// Whether both URLs have the same host, and the same port or the ports 80 and 443.
fn is_same_server(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let is_same_port = ports.0 == ports.1 || ports == (Some(80), Some(443));
    from.host_str() == to.host_str() && is_same_port
}

/// Keeps only `Content-Type`: any other header may hold a secret.
fn without_credentials(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.get(CONTENT_TYPE);
    kept.map(|kind| (CONTENT_TYPE, kind.clone()))
        .into_iter()
        .collect()
}

fn of_redirect(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(refused) => Failure::RedirectRefused(refused),
        failure => failure,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::AUTHORIZATION;

    use super::*;

    /// Whether a redirect from `from` to `to` keeps the tool's headers, or why it is refused.
    fn keeps_headers(from: &str, to: &str) -> Result<bool, Failure> {
        let request = PreparedRequest {
            method: Method::GET,
            url: from.parse().unwrap(),
            headers: [(AUTHORIZATION, "Bearer a".parse().unwrap())]
                .into_iter()
                .collect(),
            body: None,
            id: String::new(),
        };
        let hop = Hop::first(request).redirected(StatusCode::FOUND, to.parse().unwrap())?;
        assert_eq!(hop.is_original_server, !hop.request.headers.is_empty());
        Ok(hop.is_original_server)
    }

    #[test]
    fn only_the_same_server_gets_the_headers_and_https_is_never_downgraded() {
        let cases = [
            ("https://a.example/1", "https://a.example/2", Ok(true)),
            ("https://a.example/", "https://a.example:443/", Ok(true)),
            ("http://a.example/", "https://a.example/", Ok(true)),
            (
                "http://a.example:8080/",
                "https://a.example:8443/",
                Ok(false),
            ),
            ("http://a.example/", "https://a.example:8443/", Ok(false)),
            ("https://a.example/", "https://a.example:8443/", Ok(false)),
            ("https://a.example/", "https://b.a.example/", Ok(false)),
            ("https://a.example/", "https://a.example./", Ok(false)),
            ("https://a.example/", "http://a.example/", Err(())),
            ("https://a.example/", "http://b.example/", Err(())),
        ];
        for (from, to, expected) in cases {
            let refused = Failure::RedirectRefused(Refused::Downgrade);
            let expected = expected.map_err(|()| refused);
            assert_eq!(keeps_headers(from, to), expected, "{from} {to}");
        }
    }
}
