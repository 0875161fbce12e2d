//! Tools against real servers on loopback. Tests control name resolution and which addresses are
//! public.

mod answers;
mod proxies;
mod redirects;
mod requests;
mod retries;
mod start;
mod tricks;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use parlor_common::dial::Proxies;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::public_addresses::{IsPublic, is_public};
use super::*;

/// Value of the variable `SECRET`.
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// Timeout of whatever a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A resolver that knows only these names.
#[derive(Default)]
struct Names(HashMap<&'static str, Vec<IpAddr>>);

impl Names {
    fn of(names: &[(&'static str, &[&str])]) -> Arc<Self> {
        let parsed = |addresses: &[&str]| addresses.iter().map(|it| it.parse().unwrap()).collect();
        let names = names
            .iter()
            .map(|(name, addresses)| (*name, parsed(addresses)));
        Arc::new(Self(names.collect()))
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = match self.0.get(name.as_str()) {
            Some(found) => {
                let found: Vec<_> = found.iter().map(|it| SocketAddr::new(*it, 0)).collect();
                Ok(Box::new(found.into_iter()) as Addrs)
            }
            None => Err(io::Error::from(io::ErrorKind::NotFound).into()),
        };
        Box::pin(std::future::ready(found))
    }
}

/// A network with these names and the usual definition of public addresses.
fn network(names: Arc<Names>) -> Network {
    network_with(names, is_public)
}

fn network_with(names: Arc<Names>, is_public: IsPublic) -> Network {
    Network::with(&Proxies::default(), names, is_public).unwrap()
}

/// Environment variables of the tools.
fn source() -> Source {
    let all = [("TOKEN", "hunter2"), ("SECRET", SECRET), ("BAD", "whsec_%")];
    all.into_iter().collect()
}

/// Builds a tool from a TOML table.
fn tool_in(network: &Network, spec: &str) -> HttpTool {
    let spec = toml::from_str(spec).unwrap();
    HttpTool::new("lookup", &spec, &source(), network).unwrap()
}

/// Like [`tool_in`], with private networks allowed.
fn tool(spec: &str) -> HttpTool {
    let spec = format!("allow_private = true\n{spec}");
    tool_in(&network(Arc::default()), &spec)
}

async fn call(tool: &HttpTool, args: Value) -> Answer {
    let about = json!({ "room": "lobby" });
    tool.call(&args, &about, Instant::now() + PATIENCE).await
}

/// Calls `tool`, which must succeed, and returns its text.
async fn good(tool: &HttpTool, args: Value) -> String {
    let answer = call(tool, args).await;
    assert!(!answer.is_error, "{}", answer.text.reveal());
    answer.text.into_inner()
}

/// Calls `tool`, which must fail, and returns its error.
async fn why(tool: &HttpTool, args: Value) -> String {
    error(&call(tool, args).await)
}

fn error(answer: &Answer) -> String {
    let text = answer.text.reveal();
    assert!(answer.is_error, "{text}");
    let error: Value = serde_json::from_str(text).unwrap();
    error["error"].as_str().unwrap().to_owned()
}

/// Serves `router` on a free port of 127.0.0.1 until the test ends.
async fn serve(router: Router) -> SocketAddr {
    serve_at("127.0.0.1", router).await
}

async fn serve_at(address: &str, router: Router) -> SocketAddr {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}
