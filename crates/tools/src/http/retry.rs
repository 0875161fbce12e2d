//! Decides whether a request is retried, and when.

use std::time::{Duration, Instant, UNIX_EPOCH};

use parlor_common::{clock, random};
use parlor_core::backoff::Backoff;
use reqwest::Response;
use reqwest::header::RETRY_AFTER;

use super::failure::Failure;

/// Backoff: the delay after the first failure, and the longest one.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(2);

/// Retry state of one tool call.
pub(super) struct Retry {
    left: u32,
    attempt: u32,
    began: Instant,
    /// `None` if there is no time for a retry.
    backoff: Option<Backoff>,
}

impl Retry {
    /// Allows `most` retries at most, all of them started before `deadline`.
    pub(super) fn new(most: u32, deadline: Instant) -> Self {
        let began = clock::now();
        let budget = deadline.saturating_duration_since(began);
        Self {
            left: most,
            attempt: 0,
            began,
            backoff: Backoff::new(SHORTEST, LONGEST, budget).ok(),
        }
    }

    /// The delay before the next retry; `None` if `outcome` is final.
    pub(super) fn after(&mut self, outcome: &Result<Response, Failure>) -> Option<Duration> {
        let wanted = match outcome {
            Ok(response) => wanted(response)?,
            Err(failure) => failure.is_transient().then_some(Duration::ZERO)?,
        };
        self.left = self.left.checked_sub(1)?;
        let backoff = self.backoff?;
        let unit_random = random::number() as f64 / u64::MAX as f64;
        let delay = backoff.delay(self.attempt, unit_random).max(wanted);
        self.attempt += 1;
        let elapsed = clock::now().saturating_duration_since(self.began);
        backoff.allows(elapsed, delay).then_some(delay)
    }
}

/// The delay that the server asks for, zero by default; `None` if its response is final.
fn wanted(response: &Response) -> Option<Duration> {
    if !matches!(response.status().as_u16(), 429 | 502 | 503 | 504) {
        return None;
    }
    let header = response.headers().get(RETRY_AFTER);
    let wanted = header.and_then(|value| retry_after(value.to_str().ok()?));
    Some(wanted.unwrap_or_default())
}

/// Parses `Retry-After`: a number of seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
    Some(since_epoch.saturating_sub(UNIX_EPOCH.elapsed().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, headers: &[(&str, &str)]) -> Result<Response, Failure> {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        Ok(Response::from(response.body("").unwrap()))
    }

    fn retry(seconds: u64) -> Retry {
        Retry::new(2, clock::now() + Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn only_temporary_failures_are_retried() {
        for status in [429, 502, 503, 504] {
            assert!(retry(10).after(&outcome(status, &[])).is_some(), "{status}");
        }
        for status in [200, 204, 304, 400, 401, 404, 409, 500, 501] {
            assert!(retry(10).after(&outcome(status, &[])).is_none(), "{status}");
        }
        for failure in [
            Failure::Unreachable,
            Failure::UnknownName,
            Failure::ConnectionLost,
        ] {
            assert!(retry(10).after(&Err(failure)).is_some());
        }
        for failure in [Failure::NotText, Failure::TooManyRedirects(3)] {
            assert!(retry(10).after(&Err(failure)).is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn delays_grow_and_retries_end() {
        let mut retry = retry(10);
        let first = retry.after(&Err(Failure::Unreachable)).unwrap();
        let second = retry.after(&Err(Failure::Unreachable)).unwrap();
        assert!(first <= SHORTEST && first >= SHORTEST * 3 / 4, "{first:?}");
        assert!(
            second <= SHORTEST * 2 && second >= SHORTEST * 3 / 2,
            "{second:?}"
        );
        assert_eq!(retry.after(&Err(Failure::Unreachable)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_honored_up_to_the_deadline() {
        let seconds = |value| outcome(503, &[("retry-after", value)]);
        assert_eq!(retry(10).after(&seconds("3")), Some(Duration::from_secs(3)));
        assert_eq!(retry(10).after(&seconds("11")), None);
        assert_eq!(retry(10).after(&seconds("18446744073709551615")), None);
        let past = retry(10).after(&seconds("Wed, 21 Oct 2015 07:28:00 GMT"));
        assert!(past.unwrap() <= SHORTEST);
        assert_eq!(
            retry(10).after(&seconds("Fri, 31 Dec 9999 23:59:59 GMT")),
            None
        );
        assert!(retry(10).after(&seconds("soon")).unwrap() <= SHORTEST);
        assert_eq!(retry(0).after(&outcome(503, &[])), None);
    }
}
