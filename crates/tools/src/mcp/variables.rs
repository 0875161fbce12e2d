//! Text with environment variables: `Bearer $TOKEN`, `${TOKEN}`, and `$$` for a dollar sign.

use parlor_common::settings::Source;
use parlor_core::secret::Secret;

/// A parsed text.
#[derive(Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(Secret),
    Variable(String),
}

impl Template {
    /// Parses `text`. The error says what is wrong without quoting the text.
    pub(super) fn read(text: &Secret) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut rest = text.reveal();
        while let Some((before, after)) = rest.split_once('$') {
            parts.push(Part::Text(Secret::new(before)));
            if let Some(after) = after.strip_prefix('$') {
                parts.push(Part::Text(Secret::new("$")));
                rest = after;
                continue;
            }
            let name;
            (name, rest) = match after.strip_prefix('{') {
                Some(after) => after.split_once('}').ok_or("a ${ without a closing }")?,
                None => after.split_at(after.find(ends_name).unwrap_or(after.len())),
            };
            if name.is_empty() || name.contains(ends_name) {
                return Err("a $ must be followed by a variable name; write $$ for a dollar sign");
            }
            parts.push(Part::Variable(name.to_owned()));
        }
        parts.push(Part::Text(Secret::new(rest)));
        Ok(Self(parts))
    }

    /// The text with the values of its variables, or the names of those that are not set.
    pub(super) fn fill(&self, source: &Source) -> Result<Secret, Vec<String>> {
        let (mut filled, mut missing) = (String::new(), Vec::new());
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text.reveal()),
                Part::Variable(name) => match source.secret(name) {
                    Some(value) => filled.push_str(value.reveal()),
                    None => missing.push(name.clone()),
                },
            }
        }
        if missing.is_empty() {
            Ok(Secret::new(filled))
        } else {
            Err(missing)
        }
    }
}

fn ends_name(character: char) -> bool {
    !character.is_ascii_alphanumeric() && character != '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_by_their_values() {
        let source = Source::from_iter([("A", "one"), ("B_2", "two")]);
        let cases = [
            ("plain", "plain"),
            ("Bearer $A", "Bearer one"),
            ("$A-${B_2}x$$A", "one-twox$A"),
            ("", ""),
        ];
        for (text, filled) in cases {
            let template = Template::read(&Secret::new(text)).unwrap();
            assert_eq!(template.fill(&source).unwrap().reveal(), filled);
        }
        let template = Template::read(&Secret::new("$A $C ${D}")).unwrap();
        assert_eq!(template.fill(&source), Err(vec!["C".into(), "D".into()]));
    }

    #[test]
    fn invalid_variables_are_rejected() {
        for odd in ["$", "a $ b", "${", "${}", "${A B}"] {
            assert!(Template::read(&Secret::new(odd)).is_err(), "{odd}");
        }
    }
}
