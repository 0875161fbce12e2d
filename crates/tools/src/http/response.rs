//! Converts HTTP responses to answers for the model.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::Answer;

/// Maximum number of bytes that are read of a body.
const MAX_BODY: usize = 64 << 10;

/// Maximum length of an error's body that is passed to the model, in bytes.
const MAX_ERROR_BODY: usize = 500;

/// Reads `response`, up to 64 KiB of its body.
///
/// # Errors
/// [`Failure`], also if a successful response is not text.
pub(super) async fn read(mut response: Response) -> Result<Answer, Failure> {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let body = body(&mut response).await?;
    if status.is_success() {
        let body = text(&body, &kind).ok_or(Failure::NotText)?;
        Ok(good(status, &body, &kind))
    } else {
        Ok(bad(status, &text(&body, &kind).unwrap_or_default(), &kind))
    }
}

async fn body(response: &mut Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while body.len() < MAX_BODY {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| Failure::of(&error))? else {
            break;
        };
        let room = MAX_BODY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    Ok(body)
}

/// The body as text; `None` if it is not text.
fn text(body: &[u8], kind: &str) -> Option<String> {
    let valid = match std::str::from_utf8(body) {
        Ok(text) => text,
        // Truncated within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&body[..error.valid_up_to()]).ok()?
        }
        Err(_) if kind.starts_with("text/") => return Some(String::from_utf8_lossy(body).into()),
        Err(_) => return None,
    };
    Some(valid.to_owned())
}

fn good(status: StatusCode, body: &str, kind: &str) -> Answer {
    match json(body, kind) {
        _ if body.trim().is_empty() => Answer::json(&json!({ "status": status.as_u16() })),
        Some(value) => Answer::json(&value),
        None => Answer::ok(body),
    }
}

fn bad(status: StatusCode, body: &str, kind: &str) -> Answer {
    let message = format!("the service answered with {}", named(status));
    let body = json(body, kind).map_or_else(|| body.trim().to_owned(), |json| json.to_string());
    let is_page = body.starts_with('<');
    if body.is_empty() || is_page || body.len() > MAX_ERROR_BODY {
        Answer::error(&message)
    } else {
        Answer::error(&format!("{message}: {body}"))
    }
}

fn json(body: &str, kind: &str) -> Option<Value> {
    let is_json = kind.contains("json") || body.trim_start().starts_with(['{', '[']);
    serde_json::from_str(body).ok().filter(|_| is_json)
}

fn named(status: StatusCode) -> String {
    let number = status.as_u16();
    match status.canonical_reason() {
        Some(reason) => format!("HTTP {number} {reason}"),
        None => format!("HTTP {number}"),
    }
}
