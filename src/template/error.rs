//! Why a template cannot be used, without any value in the words.

use minijinja::ErrorKind;

/// Why a template cannot be parsed or rendered. Never quotes what was to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Something in the template's text.
    #[error("line {line}: {why}")]
    At {
        /// Counted from 1.
        line: usize,
        /// In plain words.
        why: String,
    },
    /// The text as a whole.
    #[error("{0}")]
    Whole(String),
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let why = why(&error);
        match error.line() {
            Some(line) => Self::At { line, why },
            None => Self::Whole(why),
        }
    }
}

fn why(error: &minijinja::Error) -> String {
    let kind = error.kind();
    let detail = error.detail();
    match kind {
        ErrorKind::UndefinedError => match detail.and_then(undefined) {
            Some(name) => format!("{name} is missing"),
            None => "a value is missing".to_owned(),
        },
        ErrorKind::OutOfFuel => "the template takes too long".to_owned(),
        ErrorKind::WriteFailure => "the text gets too long".to_owned(),
        // Their details are of the template's own words, those of others may quote values.
        ErrorKind::SyntaxError
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction => match detail {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
        kind => kind.to_string(),
    }
}

/// The expression in a detail like "`args.order` is undefined".
fn undefined(detail: &str) -> Option<&str> {
    let (before, _) = detail.split_once("` is undefined")?;
    before.rsplit('`').next()
}
