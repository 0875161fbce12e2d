//! Which requests are retried.

use std::sync::Mutex;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::any;

use super::*;

/// Answers with each status in turn, then repeats the last one; stores the message IDs.
#[derive(Clone)]
struct Moody {
    statuses: &'static [u16],
    ids: Arc<Mutex<Vec<String>>>,
}

impl Moody {
    async fn start(statuses: &'static [u16]) -> (SocketAddr, Self) {
        let ids = Arc::default();
        let moody = Self { statuses, ids };
        let router = Router::new().fallback(any(Self::answer));
        (serve(router.with_state(moody.clone())).await, moody)
    }

    async fn answer(State(moody): State<Self>, headers: HeaderMap) -> (StatusCode, HeaderMap) {
        let id = headers
            .get("webhook-id")
            .map_or("", |id| id.to_str().unwrap());
        let mut ids = moody.ids.lock().unwrap();
        ids.push(id.to_owned());
        let last = moody.statuses.last().unwrap();
        let status = moody.statuses.get(ids.len() - 1).unwrap_or(last);
        let asked = headers
            .get("x-wait")
            .map(|wait| ("retry-after".parse().unwrap(), wait.clone()));
        (
            StatusCode::from_u16(*status).unwrap(),
            asked.into_iter().collect(),
        )
    }

    fn tries(&self) -> usize {
        self.ids.lock().unwrap().len()
    }
}

#[tokio::test]
async fn only_idempotent_requests_are_retried() {
    let cases: [(&str, &[u16], bool, usize); 8] = [
        ("method = 'GET'", &[503, 429, 200], true, 3),
        ("method = 'PUT'", &[502, 200], true, 2),
        ("idempotent = true", &[504, 200], true, 2),
        ("method = 'GET'", &[503], false, 3),
        ("method = 'GET'\nretries = 0", &[503], false, 1),
        ("method = 'GET'", &[500, 200], false, 1),
        ("", &[503, 200], false, 1),
        ("method = 'PATCH'", &[503, 200], false, 1),
    ];
    for (more, statuses, is_good, tries) in cases {
        let (at, moody) = Moody::start(statuses).await;
        let tool = tool(&format!("url = 'http://{at}/'\n{more}"));
        let answer = call(&tool, json!({})).await;
        assert_eq!(
            (!answer.is_error, moody.tries()),
            (is_good, tries),
            "{more} {statuses:?}"
        );
    }
}

#[tokio::test]
async fn a_retry_after_the_deadline_is_not_made() {
    let (at, moody) = Moody::start(&[429, 200]).await;
    let wait = PATIENCE.as_secs() + 1;
    let tool = tool(&format!(
        "url = 'http://{at}/'\nmethod = 'GET'\nheaders = {{ X-Wait = '{wait}' }}"
    ));
    let reason = why(&tool, json!({})).await;
    assert_eq!(
        reason,
        "the service answered with HTTP 429 Too Many Requests"
    );
    assert_eq!(moody.tries(), 1);
}

#[tokio::test]
async fn retries_keep_the_message_id() {
    let (at, moody) = Moody::start(&[503, 503, 200]).await;
    let tool = tool(&format!(
        "url = 'http://{at}/'\nidempotent = true\nsign_with = 'SECRET'"
    ));
    good(&tool, json!({})).await;
    good(&tool, json!({})).await;
    let ids = moody.ids.lock().unwrap().clone();
    assert!(
        ids[0].starts_with("msg_") && ids[0] == ids[1] && ids[1] == ids[2],
        "{ids:?}"
    );
    assert_ne!(ids[2], ids[3]);
}
