//! Suggestions for misspelled words.

/// The one of `candidates` that was probably meant by the misspelled `word`, if there is one.
pub fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = (word.chars().count() / 3).max(1);
    let near = candidates.into_iter().map(|candidate| {
        let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
        (distance, candidate)
    });
    let nearest = near.min_by_key(|(distance, _)| *distance);
    nearest
        .filter(|(distance, _)| *distance <= most)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …?` if one of `candidates` was probably meant by `word`, else nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let meant = meant(word, candidates);
    meant.map_or_else(String::new, |it| format!("; did you mean `{it}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_word_is_recognised_and_another_word_is_not() {
        let fields = [
            "name",
            "prompt",
            "greeting",
            "voice",
            "tools",
            "url",
            "listening",
        ];
        let cases = [
            ("greting", Some("greeting")),
            ("nmae", Some("name")),
            ("voices", Some("voice")),
            ("tool", Some("tools")),
            ("uri", Some("url")),
            ("Prompt", Some("prompt")),
            ("xyzzy", None),
            ("volume", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(meant(word, fields), expected, "{word}");
        }
    }
}
