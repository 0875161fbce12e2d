//! The web page and its token endpoint.

mod assets;
mod connections;
mod error;
mod headers;
mod origin;
mod rate_limit;
mod state;
mod token;
mod token_request;
mod voices;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use parking_lot::Mutex;
use parlor_common::settings::address;
use parlor_livekit::LiveKit;
use serde_json::json;
use tokio::net::TcpListener;

use assets::Page;
use error::Refusal;
use headers::Headers;
use origin::AccessControl;
use rate_limit::Limit;
use state::{AppState, Counts};
use token_request::Rules;
use voices::VoiceCache;

pub use origin::{NotAnOrigin, Origin};
pub use voices::VoiceMenu;

/// Default listen address.
pub const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Default rate limit, in tokens per client and minute.
pub const DEFAULT_RATE: u32 = 30;

/// Maximum size of a request body, in bytes.
const MAX_BODY: usize = 16 << 10;

/// Settings of the web server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Listen address; port 0 picks a free port.
    pub listen: SocketAddr,
    /// The LiveKit server to issue tokens for.
    pub livekit: LiveKit,
    /// URL of the LiveKit server for browsers, if it differs from that in `livekit`.
    pub server_url: Option<String>,
    /// Name of the agent to dispatch to visitors; empty for an agent that joins every room.
    pub agent_name: String,
    /// Origins of other pages that may request tokens.
    pub allow_origins: Vec<Origin>,
    /// Whether visitors may choose their room and identity.
    pub allow_rooms: bool,
    /// Whether visitors may see the agent's whole session and control it.
    pub manage: bool,
    /// The voices that visitors may choose from; `None` turns the choice off.
    pub voices: Option<VoiceMenu>,
    /// Rate limit, in tokens per client and minute; at least 1.
    pub tokens_a_minute: u32,
}

impl Options {
    /// Default settings for a page that connects to `livekit`.
    pub fn new(livekit: LiveKit) -> Self {
        Self {
            listen: DEFAULT_ADDRESS,
            livekit,
            server_url: None,
            agent_name: String::new(),
            allow_origins: Vec::new(),
            allow_rooms: false,
            manage: false,
            voices: None,
            tokens_a_minute: DEFAULT_RATE,
        }
    }
}

/// Why the web server could not start.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The listen address is in use, or is not an address of this machine.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Listen address.
        address: SocketAddr,
        /// Error of the bind.
        error: std::io::Error,
    },
    /// The URL of LiveKit cannot be used in a header.
    #[error("the URL of LiveKit contains characters that are not allowed in an HTTP header")]
    ServerUrl,
}

/// The web server, bound to its address.
#[derive(Debug)]
pub struct Web {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<AppState>,
}

impl Web {
    /// Binds the listen address.
    ///
    /// # Errors
    /// [`WebError`]
    pub async fn bind(options: Options) -> Result<Self, WebError> {
        let listen = |error| WebError::Listen {
            address: options.listen,
            error,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let server_url = options.server_url.as_ref().unwrap_or(&options.livekit.url);
        let server_url = address::websocket(server_url);
        let shared = AppState {
            page: Page::built(),
            access_control: AccessControl::new(address.ip(), options.allow_origins),
            headers: Headers::new(&server_url).map_err(|_| WebError::ServerUrl)?,
            rules: Rules {
                agent_name: options.agent_name,
                allow_rooms: options.allow_rooms,
                manage: options.manage,
            },
            voice_cache: VoiceCache::new(options.voices),
            limit: Mutex::new(Limit::new(options.tokens_a_minute)),
            livekit: options.livekit,
            server_url,
            counts: Counts::default(),
        };
        Ok(Self {
            listener,
            address,
            shared: Arc::new(shared),
        })
    }

    /// URL of the page for browsers on this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address {
            SocketAddr::V4(it) if it.ip().is_unspecified() => {
                address.set_ip(Ipv4Addr::LOCALHOST.into());
            }
            SocketAddr::V6(it) if it.ip().is_unspecified() => {
                address.set_ip(Ipv6Addr::LOCALHOST.into());
            }
            _ => {}
        }
        format!("http://{address}/")
    }

    /// Serves requests until `stop`, then finishes the running ones.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let shared = self.shared.clone();
        connections::serve(self.listener, router(self.shared), stop).await;
        shared.counts.log();
    }
}

fn router(shared: Arc<AppState>) -> Router {
    let refuse = || async { Refusal::Method };
    let token = post(token::give).options(|| async { StatusCode::NO_CONTENT });
    Router::new()
        .route("/api/token", token.fallback(refuse))
        .route("/api/voices", get(voices).fallback(refuse))
        .fallback(get(file).fallback(refuse))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

/// The voices that visitors may choose from.
async fn voices(State(shared): State<Arc<AppState>>) -> Response {
    let voices = shared.voice_cache.offered().await;
    let headers = [(CACHE_CONTROL, "no-store")];
    (headers, Json(json!({ "voices": voices }))).into_response()
}

async fn file(State(shared): State<Arc<AppState>>, uri: Uri, headers: HeaderMap) -> Response {
    shared.page.answer(uri.path(), &headers)
}

/// Checks the host and origin of a request, and adds headers to every response.
async fn guard(State(shared): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let entrant = shared.access_control.check(request.headers());
    let mut answer = match entrant {
        Ok(_) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    shared.headers.add(answer.headers_mut(), entrant.ok());
    answer
}
