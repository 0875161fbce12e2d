//! The proxies, as other programs read them: in capitals or not.

use parlor_core::secret::Secret;

use super::source::{Reader, Source};
use crate::dial::Proxies;

/// All of them as `source` has them.
pub(crate) fn proxies(source: &Source) -> Proxies {
    read(&mut Reader::new(source))
}

/// Reads all of them; an address that is none is a problem.
pub(super) fn read(reader: &mut Reader<'_>) -> Proxies {
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
        let wanted = "it must be like http://proxy.example:3128";
        reader.problem(format!("{name} is wrong: {wanted}"));
    }
    address
}

fn value(reader: &Reader<'_>, name: &str) -> Secret {
    let either = reader.secret(name);
    let either = either.or_else(|| reader.secret(&name.to_ascii_lowercase()));
    either.unwrap_or_default()
}
