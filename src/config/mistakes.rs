//! Reads a TOML file and finds all mistakes in it. A parser stops at the first one.

use std::ops::Range;

use parlor_common::spelling::meant;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::file_error::Problem;
use super::toml_messages::{hint, quoted, rule, without_values};

/// Maximum number of mistakes that are looked for.
const MOST: usize = 100;

/// What could be read of a file, and the mistakes in the rest.
#[derive(Debug)]
pub(super) struct Reading<T> {
    pub(super) file: T,
    pub(super) problems: Vec<Problem>,
}

/// Reads `text`. Entries with a mistake are left out, and list entries such as `[[tools]]` are left
/// out as a whole, so that nothing else is said about them.
pub(super) fn read<T: DeserializeOwned + Default>(text: &str) -> Reading<T> {
    let mut reader = Reader {
        text,
        problems: Vec::new(),
        implied: Vec::new(),
        entries: Vec::new(),
    };
    let file = match DeTable::parse(text) {
        Ok(mut table) => reader.read(&mut table),
        Err(error) => {
            // After a syntax error, nothing else is certain.
            reader.report(&error, error.message().to_owned());
            None
        }
    };
    reader.problems.sort_by_key(|problem| problem.line);
    reader.problems.dedup();
    Reading {
        file: file.unwrap_or_default(),
        problems: reader.problems,
    }
}

/// The line of `text` that `message` is about, if it begins with the name of an entry: `[table] key`,
/// or `[[list]] "name"` for an entry with this name.
pub(super) fn line_of(text: &str, message: &str) -> Option<usize> {
    let file = DeTable::parse(text).ok()?;
    let (table, rest) = message.strip_prefix('[')?.split_once("] ")?;
    let list = table.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let span = match list {
        Some(list) => {
            let list = entry(file.get_ref(), list)?;
            let name = rest.strip_prefix('"')?.split('"').next()?;
            let mut named = list
                .get_ref()
                .as_array()?
                .iter()
                .filter(|it| is_named(it, name));
            // If two have the same name, it is not certain which one is meant.
            let (one, other) = (named.next()?, named.next());
            other.is_none().then(|| one.span())?
        }
        None => {
            let mut keys = table.split('.');
            let first = entry(file.get_ref(), keys.next()?)?;
            let table =
                keys.try_fold(first, |table, key| entry(table.get_ref().as_table()?, key))?;
            let key = rest.split([' ', ':', '[']).next()?;
            let of_key = entry(table.get_ref().as_table()?, key);
            of_key.unwrap_or(table).span()
        }
    };
    Some(line_at(text, span.start))
}

fn entry<'a, 'b>(table: &'a DeTable<'b>, key: &str) -> Option<&'a Spanned<DeValue<'b>>> {
    let mut entries = table.iter();
    let found = entries.find(|(name, _)| name.get_ref() == key);
    found.map(|(_, value)| value)
}

/// Whether a tool, a phase or the like has this name.
fn is_named(value: &Spanned<DeValue<'_>>, name: &str) -> bool {
    let table = value.get_ref().as_table();
    let mut names = ["name", "builtin"].into_iter();
    let own = names.find_map(|key| entry(table?, key)?.get_ref().as_str());
    own == Some(name)
}

fn line_at(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
    /// Fields that are missing only because of another mistake, with the spans of their tables.
    implied: Vec<(Range<usize>, String)>,
    /// Spans of the list entries with a mistake.
    entries: Vec<Range<usize>>,
}

/// The place of an entry that was taken out.
struct Place {
    /// The keys that lead to the entry.
    keys: Vec<String>,
    /// Span of the table around it.
    table: Range<usize>,
    /// Spans of the list entries around it.
    entries: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn read<T: DeserializeOwned>(&mut self, table: &mut Spanned<DeTable<'_>>) -> Option<T> {
        let file = self.parse(table)?;
        if self.entries.is_empty() {
            return Some(file);
        }
        for (_, value) in table.get_mut().iter_mut() {
            if let DeValue::Array(list) = value.get_mut() {
                let right = list.iter().filter(|it| !self.entries.contains(&it.span()));
                *list = right.cloned().collect();
            }
        }
        self.parse(table)
    }

    /// Parses `table`, taking out each entry with a mistake. `None` if that does not help.
    fn parse<T: DeserializeOwned>(&mut self, table: &mut Spanned<DeTable<'_>>) -> Option<T> {
        for _ in 0..MOST {
            let error = match T::deserialize(Deserializer::from(table.clone())) {
                Ok(file) => return Some(file),
                Err(error) => error,
            };
            let span = error.span().unwrap_or_default();
            let Some(place) = take_out(table, &span) else {
                self.report(&error, without_values(error.message()));
                return None;
            };
            self.judge::<T>(&error, &place);
            self.entries.extend(place.entries);
        }
        None
    }

    /// Describes the mistake at `place`, unless it only follows from another one.
    fn judge<T: DeserializeOwned>(&mut self, error: &Error, place: &Place) {
        let message = error.message();
        let key = place.keys.last().map_or("", String::as_str);
        if let Some(field) = message
            .strip_prefix("missing field ")
            .map(|it| it.trim_matches('`'))
        {
            let span = error.span().unwrap_or_default();
            if !self.implied.contains(&(span.clone(), field.to_owned())) {
                let name = self.name(place, &span);
                self.report(error, format!("{name} has no `{field}`"));
            }
            return;
        }
        if message.starts_with("unknown field ") {
            let fields = quoted(message.rsplit_once(", expected ").map_or("", |(_, it)| it));
            if let Some(field) = meant(key, fields.iter().copied()) {
                self.implied.push((place.table.clone(), field.to_owned()));
            }
            let table = self.table(place);
            let inside = table.map_or_else(String::new, |it| format!(" in {it}"));
            let hint = hint::<T>(key, &fields);
            self.report(error, format!("unknown field `{key}`{inside}{hint}"));
        } else {
            self.implied.push((place.table.clone(), key.to_owned()));
            let name = self.name(place, &error.span().unwrap_or_default());
            let rule = match self.brackets(error) {
                Some(rule) => rule,
                None => rule(message),
            };
            self.report(error, format!("{name}{rule}"));
        }
    }

    /// What to write instead, if a table has single instead of double brackets or the other way
    /// round.
    fn brackets(&self, error: &Error) -> Option<String> {
        let expected = error
            .message()
            .strip_prefix("invalid type: map, expected ")?;
        let header = self.header(&error.span()?)?;
        if header.starts_with("[[") {
            let single = header.get(1..header.len() - 1)?;
            return Some(format!(" is one table: write {single}"));
        }
        (expected == "a sequence").then(|| format!(" is a list of tables: write [{header}]"))
    }

    /// Name of the entry at `place` with this span: `[table]`, `[[table]]`, `[table] key` or `key`.
    fn name(&self, place: &Place, span: &Range<usize>) -> String {
        if let Some(header) = self.header(span) {
            return header.to_owned();
        }
        match (self.header(&place.table), place.keys.last()) {
            (Some(table), Some(key)) => format!("{table} {key}"),
            _ => place.keys.join("."),
        }
    }

    /// Name of the table around the entry at `place`; `None` for the file itself.
    fn table(&self, place: &Place) -> Option<String> {
        let header = self.header(&place.table).map(str::to_owned);
        let (_, parents) = place.keys.split_last()?;
        header.or_else(|| (!parents.is_empty()).then(|| parents.join(".")))
    }

    /// The table header with this span, if it is one.
    fn header(&self, span: &Range<usize>) -> Option<&str> {
        let header = self.text.get(span.clone())?;
        let before = self.text.get(..span.start)?.rsplit('\n').next()?;
        let is_header =
            header.starts_with('[') && header.ends_with(']') && before.trim().is_empty();
        is_header.then_some(header)
    }

    fn report(&mut self, error: &Error, message: String) {
        let at = error.span().map_or(0, |span| span.start);
        self.problems.push(Problem {
            line: Some(line_at(self.text, at)),
            message,
        });
    }
}

/// Takes the entry with this span, or with a key with this span, out of the file.
fn take_out(table: &mut Spanned<DeTable<'_>>, span: &Range<usize>) -> Option<Place> {
    let own = table.span();
    out_of_table(table.get_mut(), &own, span)
}

fn out_of_table(table: &mut DeTable<'_>, own: &Range<usize>, span: &Range<usize>) -> Option<Place> {
    for (key, value) in table.iter_mut() {
        if let Some(mut place) = out_of_value(value, span) {
            if place.keys.is_empty() {
                place.table = own.clone();
            }
            place.keys.insert(0, key.get_ref().to_string());
            return Some(place);
        }
    }
    let mut entries = table.iter();
    let found = entries.find(|(key, value)| key.span() == *span || value.span() == *span);
    let key = found.map(|(key, _)| key.clone())?;
    table.remove(&key);
    Some(Place {
        keys: vec![key.into_inner().into_owned()],
        table: own.clone(),
        entries: Vec::new(),
    })
}

fn out_of_value(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Place> {
    let own = value.span();
    match value.get_mut() {
        DeValue::Table(table) => out_of_table(table, &own, span),
        DeValue::Array(array) => {
            for entry in array.iter_mut() {
                let entry_span = entry.span();
                let is_table = matches!(entry.get_ref(), DeValue::Table(_));
                if let Some(mut place) = out_of_value(entry, span) {
                    place.entries.extend(is_table.then_some(entry_span));
                    return Some(place);
                }
            }
            let at = array.iter().position(|entry| entry.span() == *span)?;
            let others = array.iter().enumerate().filter(|(nth, _)| *nth != at);
            *array = others.map(|(_, entry)| entry.clone()).collect();
            Some(Place {
                keys: Vec::new(),
                table: own,
                entries: Vec::new(),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
#[expect(
    dead_code,
    reason = "it is only checked whether the fields can be read"
)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct File {
        name: String,
        prompt: String,
        voice: Voice,
        tools: Vec<Tool>,
        words: Vec<String>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Voice {
        name: String,
        volume: Option<u8>,
        pace: Option<Pace>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Pace {
        Fast,
        Slow,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Tool {
        name: String,
        http: Option<Http>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Http {
        url: String,
    }

    fn told(text: &str) -> Vec<String> {
        let problems = read::<File>(text).problems.into_iter();
        let line = |problem: Problem| {
            let line = problem.line.unwrap_or_default();
            format!("{line}: {}", problem.message)
        };
        problems.map(line).collect()
    }

    #[test]
    fn all_mistakes_are_found_in_the_order_of_the_file() {
        let text = "nmae = 'Ada'\nprompt = 5\n[voice]\nvolume = 900\npace = 'fsat'\nxyzzy = 1\n\
            [[tools]]\nname = 'a'\nhttp = { uri = 'x' }\n[[tools]]\nnam = 'b'\n[[tools]]\nname = 'c'\n";
        assert_eq!(
            told(text),
            [
                "1: unknown field `nmae`; did you mean `name`?",
                "2: prompt must be a text in quotation marks, not a whole number",
                "4: [voice] volume must be a whole number from 0 to 255",
                "5: [voice] pace must be `fast` or `slow`; did you mean `fast`?",
                "6: unknown field `xyzzy` in [voice]; the known ones are `name`, `volume`, `pace`",
                "9: unknown field `uri` in tools.http; did you mean `url`?",
                "11: unknown field `nam` in [[tools]]; did you mean `name`?",
            ]
        );
        let file = read::<File>(text).file;
        let names: Vec<_> = file.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["c"], "nothing else is said about the others");
    }

    #[test]
    fn a_field_that_is_missing_is_reported_at_its_table() {
        assert_eq!(told("[[tools]]\n"), ["1: [[tools]] has no `name`"]);
        assert_eq!(
            told("[[tools]]\nname = 'a'\nhttp = {}\n"),
            ["3: [[tools]] http has no `url`"]
        );
        assert_eq!(
            told("[[tools]]\nname = 'a'\n[tools.http]\n"),
            ["3: [tools.http] has no `url`"]
        );
    }

    #[test]
    fn a_key_after_a_table_is_recognised() {
        assert_eq!(
            told("[voice]\nname = 'a'\nprompt = 'b'\n"),
            [
                "3: unknown field `prompt` in [voice]; it belongs to the top of the file, before the first [table]"
            ]
        );
    }

    #[test]
    fn single_and_double_brackets_are_told_apart() {
        assert_eq!(
            told("[tools]\nname = 'a'\n"),
            ["1: [tools] is a list of tables: write [[tools]]"]
        );
        assert_eq!(
            told("[[voice]]\nname = 'a'\n"),
            ["1: [[voice]] is one table: write [voice]"]
        );
    }

    #[test]
    fn values_are_not_repeated() {
        for text in [
            "name = ['canary, expected b']\n",
            "words = [{ a = 'canary' }]\n",
            "words = 'canary'\n",
            "voice = 'canary'\n",
            "[voice]\nvolume = 'canary'\n",
            "[voice]\npace = 'canary, expected `canary`'\n",
            "[voice]\npace = ['canary']\n",
            "[[tools]]\nname = 'canary'\nhttp = 'canary'\n",
        ] {
            let told = told(text);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(!told[0].contains("canary"), "{told:?}");
        }
    }

    #[test]
    fn a_message_that_begins_with_an_entry_has_its_line() {
        let text = "name = 'a'\n[voice]\nvolume = 5\n[[tools]]\nname = 'b'\n[[tools]]\nname = 'c'\n\
            [[tools]]\nname = 'c'\n[report]\n[report.redact]\nmail = true\n";
        let cases = [
            ("[voice] volume must be odd", Some(3)),
            ("[voice] volume: odd", Some(3)),
            ("[voice] name must not be empty", Some(2)),
            ("[report.redact] mail: odd", Some(12)),
            ("[[tools]] \"b\" needs a description", Some(4)),
            ("[[tools]] \"b\": odd", Some(4)),
            ("[[tools]] \"c\": odd", None),
            ("[[tools]] 2 needs a name", None),
            ("[turns] odd", None),
            ("prompt of \"start\": odd", None),
        ];
        for (message, line) in cases {
            assert_eq!(line_of(text, message), line, "{message}");
        }
        assert_eq!(line_of("name =", "[voice] volume"), None);
    }

    #[test]
    fn a_syntax_error_is_reported_alone() {
        let told = told("nmae = 1\nname = \"a\n");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("2: "), "{told:?}");
    }
}
