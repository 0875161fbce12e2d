//! The web page, and the endpoint that gives it tokens.

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

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use parking_lot::Mutex;
use tokio::net::TcpListener;

use crate::config::{LiveKit, address};
use assets::Page;
use error::Refusal;
use headers::Headers;
use origin::Door;
use rate_limit::Limit;
use state::{AppState, Counts};
use token_request::Rules;
use voices::Menu;

pub use origin::{NotAnOrigin, Origin};
pub use voices::VoiceMenu;

/// Where the page is when nothing else is said.
pub const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Tokens for each client in a minute when nothing else is said.
pub const DEFAULT_RATE: u32 = 30;

/// The longest body of a request, in bytes.
const MAX_BODY: usize = 16 << 10;

/// Where the page is and what its visitors may have.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The server whose tokens are given.
    pub livekit: LiveKit,
    /// Its address as browsers have it, when that is another one.
    pub server_url: Option<String>,
    /// The agent that is sent to visitors; empty: one that comes to every room.
    pub agent_name: String,
    /// Pages of other origins that may ask for tokens.
    pub allow_origins: Vec<Origin>,
    /// Whether visitors choose rooms and identities.
    pub allow_rooms: bool,
    /// Whether visitors may see all of the agent's session and manage it.
    pub manage: bool,
    /// The voices that visitors may choose from; without it nobody chooses.
    pub voices: Option<VoiceMenu>,
    /// Tokens for each client in a minute, 1 or more.
    pub tokens_a_minute: u32,
}

impl Options {
    /// A page for this machine that calls `livekit`.
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

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address is taken, or is not this machine's.
    #[error("the page cannot be at {address}: {error}")]
    Listen {
        /// Where it was to be.
        address: SocketAddr,
        /// Why it is not.
        error: std::io::Error,
    },
    /// The address of LiveKit is no address.
    #[error("the address of LiveKit has odd characters")]
    ServerUrl,
}

/// The page, about to be served.
#[derive(Debug)]
pub struct Web {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<AppState>,
}

impl Web {
    /// Takes the address.
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
            door: Door::new(address.ip(), options.allow_origins),
            headers: Headers::new(&server_url).map_err(|_| WebError::ServerUrl)?,
            rules: Rules {
                agent_name: options.agent_name,
                allow_rooms: options.allow_rooms,
                manage: options.manage,
            },
            menu: Menu::new(options.voices),
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

    /// The link to the page, as this machine's browsers open it.
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

    /// Serves it until `stop`, and then what was begun.
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
        .route("/api/voices", get(voices::list).fallback(refuse))
        .fallback(get(file).fallback(refuse))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

async fn file(State(shared): State<Arc<AppState>>, uri: Uri, headers: HeaderMap) -> Response {
    shared.page.answer(uri.path(), &headers)
}

/// Lets requests in, and gives every answer its headers.
async fn guard(State(shared): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let entrant = shared.door.admit(request.headers());
    let mut answer = match entrant {
        Ok(_) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    shared.headers.add(answer.headers_mut(), entrant.ok());
    answer
}
