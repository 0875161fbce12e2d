//! Signatures of requests, according to Standard Webhooks.

use std::time::UNIX_EPOCH;

use parlor_common::random;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};

/// Prefix of secrets.
const PREFIX: &str = "whsec_";

/// Signs requests with one secret.
pub(super) struct Signer(Webhook);

impl Signer {
    /// A signer with `secret`, which is `whsec_` followed by Base64; `None` if it is invalid.
    pub(super) fn new(secret: &str) -> Option<Self> {
        let key = secret.strip_prefix(PREFIX).filter(|key| !key.is_empty())?;
        Webhook::new(key).ok().map(Self)
    }

    /// The headers of a message that is sent now; `None` if it cannot be signed.
    pub(super) fn headers(&self, id: &str, body: &str) -> Option<HeaderMap> {
        let now = UNIX_EPOCH.elapsed().ok()?.as_secs().try_into().ok()?;
        let signature = self.0.sign(id, now, body.as_bytes()).ok()?;
        let headers = [
            (HEADER_WEBHOOK_ID, HeaderValue::try_from(id).ok()?),
            (HEADER_WEBHOOK_TIMESTAMP, HeaderValue::from(now)),
            (
                HEADER_WEBHOOK_SIGNATURE,
                HeaderValue::try_from(signature).ok()?,
            ),
        ];
        let named = |(name, value)| (HeaderName::from_static(name), value);
        Some(headers.map(named).into_iter().collect())
    }
}

/// Whether `name` is one of the headers of a signature (`webhook-*`).
pub(super) fn is_signature_header(name: &HeaderName) -> bool {
    name.as_str().starts_with("webhook-")
}

/// A random ID for a new message. Retries keep the ID of their message.
pub(super) fn message_id() -> String {
    format!("msg_{:016x}{:016x}", random::number(), random::number())
}
