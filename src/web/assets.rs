//! The files of the web page, embedded at build time.

use std::collections::HashMap;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};

use super::error::Refusal;

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Folder of the files whose names contain a hash of their contents.
const HASHED: &str = "assets/";

/// Response body when the web page was not built.
const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <title>Parlor</title>\n<h1>The page is missing</h1>\n\
    <p>This <code>parlor</code> was built without its web page. Install Node.js and npm, run \
    <code>make web</code>, rebuild <code>parlor</code> and restart it.\n\
    <p>The token endpoint still works: <code>/api/token</code>.\n";

/// The embedded files of the web page.
#[derive(Debug)]
pub(super) struct Page {
    files: HashMap<&'static str, File>,
}

#[derive(Debug, Clone)]
struct File {
    body: &'static [u8],
    kind: &'static str,
    keep: &'static str,
    tag: String,
}

impl Page {
    /// The page embedded in this build.
    pub(super) fn built() -> Self {
        Self::of(BUILT)
    }

    fn of(files: &'static [(&str, &[u8])]) -> Self {
        let file = |&(name, body): &(&'static str, &'static [u8])| (name, File::new(name, body));
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    /// Responds with the file at `path`, or 304 if `headers` say that the browser has it cached.
    pub(super) fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let name = match path.strip_prefix('/') {
            Some("") => "index.html",
            name => name.unwrap_or_default(),
        };
        match self.files.get(name) {
            Some(file) => file.answer(headers),
            None if name == "index.html" => not_built(),
            None => Refusal::NotFound.into_response(),
        }
    }
}

impl File {
    fn new(name: &str, body: &'static [u8]) -> Self {
        let sum = digest(&SHA256, body);
        let sum = sum.as_ref().iter().take(8);
        let tag: String = sum.map(|byte| format!("{byte:02x}")).collect();
        Self {
            body,
            kind: kind(name),
            keep: match name {
                "index.html" => "no-store",
                name if name.starts_with(HASHED) => "public, max-age=31536000, immutable",
                _ => "no-cache",
            },
            tag: format!("\"{tag}\""),
        }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok());
        let has_it = known.is_some_and(|tags| tags.contains(&self.tag));
        let (status, body) = match has_it {
            true => (StatusCode::NOT_MODIFIED, &[][..]),
            false => (StatusCode::OK, self.body),
        };
        let headers = [
            (CONTENT_TYPE, self.kind),
            (CACHE_CONTROL, self.keep),
            (ETAG, &self.tag),
        ];
        (status, headers, body).into_response()
    }
}

fn not_built() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

/// Content type of a file, by its extension.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const FILES: &[(&str, &[u8])] = &[
        ("assets/index-5d41402a.js", b"code"),
        ("favicon.svg", b"<svg/>"),
        ("index.html", b"<!doctype html>"),
    ];

    fn get(path: &str, known: Option<&HeaderValue>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(IF_NONE_MATCH, known.clone());
        }
        Page::of(FILES).answer(path, &headers)
    }

    #[test]
    fn files_with_a_hash_are_cached_for_ever_and_the_page_itself_never() {
        let cases = [
            ("/", "text/html; charset=utf-8", "no-store"),
            ("/index.html", "text/html; charset=utf-8", "no-store"),
            ("/favicon.svg", "image/svg+xml", "no-cache"),
            (
                "/assets/index-5d41402a.js",
                "text/javascript; charset=utf-8",
                "public, max-age=31536000, immutable",
            ),
        ];
        for (path, kind, keep) in cases {
            let answer = get(path, None);
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers()[CONTENT_TYPE], kind, "{path}");
            assert_eq!(answer.headers()[CACHE_CONTROL], keep, "{path}");
        }
    }

    #[test]
    fn a_file_in_the_cache_of_the_browser_is_not_sent_again() {
        let tag = get("/favicon.svg", None).headers()[ETAG].clone();
        let again = get("/favicon.svg", Some(&tag));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = get("/assets/index-5d41402a.js", Some(&tag));
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn only_the_files_of_the_page_are_served() {
        for path in [
            "/assets/",
            "/assets/../index.html",
            "/../Cargo.toml",
            "/assets/%2e%2e/index.html",
            "/assets\\index-5d41402a.js",
        ] {
            let status = get(path, None).status();
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn a_missing_page_says_how_to_build_it() {
        let answer = Page::of(&[]).answer("/", &HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(NOT_BUILT.contains("make web"));
    }
}
