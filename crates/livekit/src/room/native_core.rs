//! LiveKit's native core: loading it, and removing secrets from its error messages.

/// Loads the native core; returns its version and path.
///
/// # Errors
/// Why it could not be loaded, and what to do.
#[cfg(feature = "dylib")]
pub fn native_core() -> Result<String, String> {
    match livekit::native::load() {
        Ok(core) => Ok(format!("{} at {}", core.version(), core.path().display())),
        Err(error) => Err(error.to_string()),
    }
}

/// Describes the native core in use.
///
/// # Errors
/// Never: it is linked into the program.
#[cfg(not(feature = "dylib"))]
pub fn native_core() -> Result<String, String> {
    Ok("linked into this program".to_owned())
}

/// The first line of an error of the native core, without the tokens and URL queries that servers
/// echo in it. Later lines may echo headers, with the password of a proxy.
pub(super) fn without_tokens(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    // Every JWT begins with the base64 of `{"`.
    let shown = |word: &str| match word.starts_with("eyJ") {
        true => "(token)".to_owned(),
        false => match word.split_once('?') {
            Some((address, query)) if query.contains('=') => format!("{address}?(query)"),
            _ => word.to_owned(),
        },
    };
    let words = line.split(' ').map(shown);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_left_out() {
        let error = "401 Unauthorized - invalid token: eyJ0eXAi.eyJleHAi.LQrw, error: no";
        let expected = "401 Unauthorized - invalid token: (token) error: no";
        assert_eq!(without_tokens(error), expected);
        assert_eq!(without_tokens("refused"), "refused");
    }

    #[test]
    fn an_echoed_request_is_left_out() {
        let error = "401 Unauthorized - GET http://a/rtc?join_request=CAES HTTP/1.1\r\n\
            proxy-authorization: Basic bzpw\r\n\r\n";
        let expected = "401 Unauthorized - GET http://a/rtc?(query) HTTP/1.1";
        assert_eq!(without_tokens(error), expected);
    }
}
