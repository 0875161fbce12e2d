//! The proxy variables, in upper or lower case, as other programs read them.

use parlor_core::secret::Secret;

use super::source::{Reader, Source};
use crate::dial::Proxies;

/// The proxies that `source` sets.
pub fn proxies(source: &Source) -> Proxies {
    read_proxies(&mut Reader::new(source))
}

/// Reads all proxy variables; an invalid address is a problem.
pub fn read_proxies(reader: &mut Reader<'_>) -> Proxies {
    Proxies {
        https: address(reader, "HTTPS_PROXY"),
        http: address(reader, "HTTP_PROXY"),
        all: address(reader, "ALL_PROXY"),
        none_for: value(reader, "NO_PROXY").reveal().to_owned(),
    }
}

fn address(reader: &mut Reader<'_>, name: &str) -> Secret {
    let address = value(reader, name);
    if !address.is_empty() && !Proxies::is_address(address.reveal()) {
        let wanted = "it must look like http://proxy.example:3128";
        reader.problem(format!("{name} is invalid: {wanted}"));
    }
    address
}

fn value(reader: &Reader<'_>, name: &str) -> Secret {
    let either = reader.secret(name);
    let either = either.or_else(|| reader.secret(&name.to_ascii_lowercase()));
    either.unwrap_or_default()
}
