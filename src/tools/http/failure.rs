//! Why a request came to nothing, in plain words for the model.

use std::error::Error;

use crate::template::TemplateError;

use super::public_addresses::NotPublic;

/// Why there is no answer. The words hold names that the tool's author wrote, and no values.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("the tool's {part} cannot be filled in: {why}")]
    Unfilled { part: String, why: TemplateError },
    #[error("the tool's {0} cannot hold this value")]
    Unfit(String),
    #[error("the tool may not call this address: {0}")]
    Refused(#[from] Refused),
    #[error("the service sent the request on to where the tool may not go: {0}")]
    RedirectRefused(Refused),
    #[error("the service sent the request on more often than the {0} times that are allowed")]
    TooManyRedirects(u32),
    #[error("the service sent the request on to an address that is none")]
    BadRedirect,
    #[error("the service's name is not known")]
    UnknownName,
    #[error("the service cannot be reached")]
    Unreachable,
    #[error("the connection to the service broke")]
    Broken,
    #[error("the service did not answer in time")]
    Late,
    #[error("the service's answer is not text")]
    NotText,
}

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is not an address of the web")]
    NoUrl,
    #[error("only http and https are allowed")]
    Scheme,
    #[error("it is not safe to go from https to http")]
    Downgrade,
    #[error("it holds a user or a password")]
    User,
    #[error("its path leads upward")]
    Upward,
    #[error("its host is not among those allowed")]
    Host,
    #[error("its host is in a private network")]
    Private,
}

impl Failure {
    /// Of a request that got no answer.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if is_caused_by::<NotPublic>(error) {
            Refused::Private.into()
        } else if error.is_dns() {
            Self::UnknownName
        } else if error.is_connect() || error.is_timeout() {
            Self::Unreachable
        } else {
            Self::Broken
        }
    }

    /// Whether it may go better another time.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::UnknownName | Self::Unreachable | Self::Broken)
    }

    /// For the log: what happened, without names.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Unfilled { .. } | Self::Unfit(_) => "arguments do not fit",
            Self::Refused(_) => "address refused",
            Self::RedirectRefused(_) | Self::BadRedirect => "redirect refused",
            Self::TooManyRedirects(_) => "too many redirects",
            Self::UnknownName => "name unknown",
            Self::Unreachable => "unreachable",
            Self::Broken => "connection broke",
            Self::Late => "late",
            Self::NotText => "not text",
        }
    }
}

fn is_caused_by<T: Error + 'static>(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<T>() {
            return true;
        }
        cause = error.source();
    }
    false
}
