//! `GET /v1/voices`: the voices that the API has.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use crate::config::AgentApi;
use crate::definition::is_voice_name;

/// The longest answer, in bytes.
const LONGEST: usize = 256 << 10;

/// The most voices that are read from an answer.
const MOST: usize = 500;

/// Why the voices are not known.
#[derive(Debug, thiserror::Error)]
pub enum VoicesError {
    /// The API does not take the key.
    #[error("the key is refused ({0}): check ASSEMBLYAI_API_KEY")]
    Key(StatusCode),
    /// The API fails.
    #[error("it is in trouble ({0})")]
    Trouble(StatusCode),
    /// The API cannot be reached, or breaks off.
    #[error("{0}")]
    Unreachable(reqwest::Error),
    /// The API takes too long.
    #[error("it did not answer within {} s: check ASSEMBLYAI_BASE_URL", .0.as_secs())]
    Slow(Duration),
}

/// The names of the API's voices, in its order; none when it answers without a list of them.
///
/// # Errors
/// [`VoicesError`]
pub async fn voices(api: &AgentApi, within: Duration) -> Result<Option<Vec<String>>, VoicesError> {
    let asked = timeout(within, ask(api)).await;
    asked.unwrap_or(Err(VoicesError::Slow(within)))
}

async fn ask(api: &AgentApi) -> Result<Option<Vec<String>>, VoicesError> {
    let unreachable = |error: reqwest::Error| VoicesError::Unreachable(error.without_url());
    let request = client(api)
        .map_err(unreachable)?
        .get(api.http_url("/v1/voices"))
        .bearer_auth(api.key.reveal());
    let answer = request.send().await.map_err(unreachable)?;
    match answer.status() {
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Err(VoicesError::Key(status))
        }
        status if status.is_server_error() => Err(VoicesError::Trouble(status)),
        status if !status.is_success() => Ok(None),
        _ => Ok(names(&body(answer).await.map_err(unreachable)?)),
    }
}

fn client(api: &AgentApi) -> reqwest::Result<Client> {
    let provider = rustls::crypto::ring::default_provider();
    // Another part of the process may have installed the same one before.
    provider.install_default().ok();
    let builder = Client::builder();
    match api.proxies.stand_before(&api.base_url) {
        true => builder.build(),
        false => builder.no_proxy().build(),
    }
}

/// The body, as far as it is not too long.
async fn body(mut answer: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > LONGEST {
            break;
        }
    }
    Ok(body)
}

/// The names in a list of voices: strings, or objects with a name or an id.
fn names(body: &[u8]) -> Option<Vec<String>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let list = body.get("voices").unwrap_or(&body).as_array()?;
    let name = |voice: &Value| {
        let named = voice.get("name").or_else(|| voice.get("id"));
        let name = named.unwrap_or(voice).as_str()?;
        is_voice_name(name).then(|| name.to_owned())
    };
    let names: Vec<_> = list.iter().filter_map(name).take(MOST).collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_kind_of_list() {
        let found = |body: &str| names(body.as_bytes()).unwrap_or_default().join(" ");
        assert_eq!(found(r#"{"voices": ["alba", "vera"]}"#), "alba vera");
        assert_eq!(found(r#"["alba"]"#), "alba");
        assert_eq!(
            found(r#"{"voices": [{"name": "alba"}, {"id": "vera", "language": "en"}]}"#),
            "alba vera"
        );
        assert_eq!(found(r#"["alba", 7, "<b>", "", {"name": 1}]"#), "alba");
        assert_eq!(found(r#"{"detail": "no"}"#), "");
        assert_eq!(found(r#"{"voices": []}"#), "");
        assert_eq!(found("<html>"), "");
        let many = serde_json::json!(vec!["alba"; 1_000]).to_string();
        assert_eq!(names(many.as_bytes()).unwrap().len(), MOST);
    }
}
