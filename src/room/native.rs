//! LiveKit's native core: whether there is one, and what it says that nobody may read.

/// The native core in use: its version and where it is.
///
/// # Errors
/// Why there is none, and what to do.
#[cfg(feature = "dylib")]
pub fn native_core() -> Result<String, String> {
    match livekit::native::load() {
        Ok(core) => Ok(format!("{} at {}", core.version(), core.path().display())),
        Err(error) => Err(error.to_string()),
    }
}

/// The native core in use.
///
/// # Errors
/// None: it is linked into the program.
#[cfg(not(feature = "dylib"))]
pub fn native_core() -> Result<String, String> {
    Ok("linked into this program".to_owned())
}

/// An error of the core without the tokens that servers repeat in theirs.
pub(super) fn without_tokens(error: &str) -> String {
    // Every JWT begins with the base64 of `{"`.
    let is_token = |word: &&str| word.starts_with("eyJ");
    let words = error
        .split(' ')
        .map(|word| match Some(word).filter(is_token) {
            Some(_) => "(token)",
            None => word,
        });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_left_out() {
        let error = "401 Unauthorized - invalid token: eyJ0eXAi.eyJleHAi.LQrw, error: no";
        let told = "401 Unauthorized - invalid token: (token) error: no";
        assert_eq!(without_tokens(error), told);
        assert_eq!(without_tokens("refused"), "refused");
    }
}
