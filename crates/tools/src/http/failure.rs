//! Failures of HTTP tools, worded for the model.

use std::error::Error;

use crate::template::TemplateError;

use super::public_addresses::NotPublic;

/// Why a request failed. Messages contain names from the tool's configuration, but no values.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("the tool's {part} cannot be rendered: {why}")]
    Unfilled { part: String, why: TemplateError },
    #[error("the tool's {0} cannot contain this value")]
    InvalidValue(String),
    #[error("the tool may not call this address: {0}")]
    Refused(#[from] Refused),
    #[error("the service redirected to an address that the tool may not call: {0}")]
    RedirectRefused(Refused),
    #[error("the service redirected too often (limit: {0})")]
    TooManyRedirects(u32),
    #[error("the service redirected to an invalid URL")]
    BadRedirect,
    #[error("the service's host name cannot be resolved")]
    UnknownName,
    #[error("the service cannot be reached")]
    Unreachable,
    #[error("the connection to the service was lost")]
    ConnectionLost,
    #[error("the service did not answer in time")]
    TimedOut,
    #[error("the service's answer is not text")]
    NotText,
}

/// Why a tool may not call an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is not a valid URL")]
    InvalidUrl,
    #[error("only http and https are allowed")]
    Scheme,
    #[error("going from https to http is not safe")]
    Downgrade,
    #[error("it contains a user name or a password")]
    Credentials,
    #[error("its path contains . or ..")]
    DotSegments,
    #[error("its host is not allowed")]
    Host,
    #[error("its host is in a private network")]
    Private,
}

impl Failure {
    /// The failure of a request that ended with `error`.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if is_caused_by::<NotPublic>(error) {
            Refused::Private.into()
        } else if error.is_dns() {
            Self::UnknownName
        } else if error.is_connect() || error.is_timeout() {
            Self::Unreachable
        } else {
            Self::ConnectionLost
        }
    }

    /// Whether the failure may be temporary.
    pub(super) fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::UnknownName | Self::Unreachable | Self::ConnectionLost
        )
    }

    /// Short description for the log, without names.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Unfilled { .. } | Self::InvalidValue(_) => "invalid arguments",
            Self::Refused(_) => "address refused",
            Self::RedirectRefused(_) | Self::BadRedirect => "redirect refused",
            Self::TooManyRedirects(_) => "too many redirects",
            Self::UnknownName => "host name not resolved",
            Self::Unreachable => "unreachable",
            Self::ConnectionLost => "connection lost",
            Self::TimedOut => "timed out",
            Self::NotText => "answer is not text",
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
