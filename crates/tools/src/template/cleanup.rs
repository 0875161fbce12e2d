//! Removes placeholders of missing values from sentences.

/// Placeholder of a missing value: a Unicode noncharacter, which does not occur in text.
pub(super) const PLACEHOLDER: &str = "\u{fdd0}";

/// Punctuation that ends a sentence or a part of one.
const STOPS: [char; 8] = ['.', '!', '?', '…', ',', ';', ':', '،'];

/// Punctuation that only joins parts of a sentence.
const JOINTS: [char; 4] = [',', ';', ':', '،'];

/// Pairs of punctuation around words.
const PAIRS: [(char, char); 6] = [
    ('(', ')'),
    ('[', ']'),
    ('"', '"'),
    ('“', '”'),
    ('«', '»'),
    ('„', '“'),
];

/// Removes the placeholders from `text`, with the white space and punctuation that would surround
/// nothing. Everything else stays as it is.
pub(super) fn tidy(text: &str) -> String {
    let mut parts = text.split(PLACEHOLDER);
    let mut tidied = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        join(&mut tidied, part);
    }
    tidied
}

/// Appends `right` to `left`; a value is missing between them.
fn join(left: &mut String, right: &str) {
    let mut right = right;
    let inside = |left: &str, right: &str| {
        let (before, after) = (left.chars().next_back()?, right.chars().next()?);
        PAIRS.contains(&(before, after)).then_some((before, after))
    };
    while let Some((before, after)) = inside(left.trim_end(), right.trim_start()) {
        left.truncate(left.trim_end().len() - before.len_utf8());
        right = &right.trim_start()[after.len_utf8()..];
    }
    let rest = right.trim_start();
    let is_first = left.trim_end().is_empty() || left.trim_end().ends_with(['.', '!', '?', '…']);
    match rest.chars().next() {
        None => left.truncate(before_joints(left)),
        // A sentence does not begin with punctuation.
        Some(mark) if is_first && STOPS.contains(&mark) => {
            join(left, rest.trim_start_matches(STOPS));
        }
        Some(mark) if STOPS.contains(&mark) => {
            left.truncate(before_joints(left));
            left.push_str(rest);
        }
        Some(_) => {
            if left.is_empty() || left.ends_with(char::is_whitespace) {
                right = rest;
            }
            match is_first {
                true => left.push_str(&capitalized(right)),
                false => left.push_str(right),
            }
        }
    }
}

/// Length of `text` without joining punctuation and white space at its end.
fn before_joints(text: &str) -> usize {
    text.trim_end().trim_end_matches(JOINTS).trim_end().len()
}

/// `text` with its first letter in upper case.
fn capitalized(text: &str) -> String {
    let mut chars = text.char_indices().skip_while(|(_, c)| c.is_whitespace());
    match chars.next() {
        Some((at, first)) => {
            let after = &text[at + first.len_utf8()..];
            format!("{}{}{after}", &text[..at], first.to_uppercase())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_leave_clean_sentences() {
        let cases = [
            ("Hello @, is it about order @?", "Hello, is it about order?"),
            ("Hello @!", "Hello!"),
            ("Hello, @!", "Hello!"),
            ("Hello, @, how are you?", "Hello, how are you?"),
            ("Hello @ and welcome.", "Hello and welcome."),
            ("@, how are you?", "How are you?"),
            ("Thanks. @, good bye.", "Thanks. Good bye."),
            ("Good bye, @", "Good bye"),
            ("@", ""),
            ("  @ @ ", ""),
            ("@@, hello", "Hello"),
            ("Your order (@) is here.", "Your order is here."),
            ("It says \"@\".", "It says."),
            ("It is at @:00", "It is at:00"),
            ("One @\ntwo", "One two"),
            ("Nothing , is missing", "Nothing , is missing"),
            ("Grüezi @, é?", "Grüezi, é?"),
            ("Thanks. @éa", "Thanks. Éa"),
        ];
        for (text, expected) in cases {
            let text = text.replace('@', PLACEHOLDER);
            assert_eq!(tidy(&text), expected, "{text}");
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        let pieces = [
            PLACEHOLDER,
            " ",
            ",",
            ".",
            "a",
            "\"",
            "(",
            ")",
            "\n",
            "é",
            ":",
            "”",
        ];
        let count = pieces.len();
        for number in 0..count.pow(5) {
            let piece = |place: u32| pieces[number / count.pow(place) % count];
            let text: String = (0..5).map(piece).collect();
            let tidied = tidy(&text);
            assert!(!tidied.contains(PLACEHOLDER), "{text:?}");
            assert!(tidied.len() <= text.len(), "{text:?} {tidied:?}");
        }
    }
}
