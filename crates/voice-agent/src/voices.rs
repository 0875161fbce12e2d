//! `GET /v1/voices`: the voices of the Voice Agent API.

use std::time::Duration;

use parlor_common::dial::{DialError, http};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::AgentApi;

/// Maximum length of a voice name, in bytes.
const LONGEST_NAME: usize = 64;

/// Maximum size of the response that is read, in bytes.
const LONGEST: usize = 256 << 10;

/// Maximum number of voices taken from a response.
const MOST: usize = 500;

/// Why the voices could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum VoicesError {
    /// The API rejected the API key.
    #[error("the API key was rejected (HTTP {}): check ASSEMBLYAI_API_KEY", .0.as_u16())]
    Key(StatusCode),
    /// The API denied access although the key may be right.
    #[error("access was denied for this network, region or plan (HTTP {}): contact AssemblyAI support", .0.as_u16())]
    Denied(StatusCode),
    /// The API responded with a server error.
    #[error("the API failed (HTTP {}): try again later", .0.as_u16())]
    ServerFailed(StatusCode),
    /// The API could not be reached, or the response was cut off or timed out.
    #[error("{0}; check ASSEMBLYAI_BASE_URL")]
    Unreachable(String),
}

/// Lists the names of the API's voices in the order of the API. Returns `None` if the response
/// contains no list of voices.
///
/// # Errors
/// [`VoicesError`]
pub async fn voices(api: &AgentApi, within: Duration) -> Result<Option<Vec<String>>, VoicesError> {
    let url = api.http_url("/v1/voices");
    let no_way = |error: DialError| VoicesError::Unreachable(error.to_string());
    http::check(&api.proxies, &url).map_err(no_way)?;
    let client = http::client(&api.proxies, within).map_err(no_way)?;
    let request = client.get(&url).bearer_auth(api.key.reveal());
    let unreachable =
        |error| VoicesError::Unreachable(http::reason_through(&api.proxies, &url, error));
    let answer = request.send().await.map_err(unreachable)?;
    match answer.status() {
        status @ StatusCode::UNAUTHORIZED => Err(VoicesError::Key(status)),
        status @ StatusCode::FORBIDDEN => Err(VoicesError::Denied(status)),
        status if status.is_server_error() => Err(VoicesError::ServerFailed(status)),
        status if !status.is_success() => Ok(None),
        _ => Ok(names(&body(answer).await.map_err(unreachable)?)),
    }
}

/// Reads the body, and stops once it exceeds [`LONGEST`].
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

/// Extracts the names from a list of voices, which are strings, or objects with a name or an id.
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

/// Whether `name` looks like a voice of the API: 1 to 64 ASCII letters, digits, `-` and `_`.
pub fn is_voice_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_lists_of_all_formats() {
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
