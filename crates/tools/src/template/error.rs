//! Errors of templates. Messages contain no values.

use minijinja::ErrorKind;

/// Why a template cannot be parsed or rendered. Never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A problem at a line of the template.
    #[error("line {line}: {why}")]
    At {
        /// Number of the line, counted from 1.
        line: usize,
        /// Description of the problem.
        why: String,
    },
    /// A problem of the template as a whole.
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
        ErrorKind::WriteFailure => "the rendered text is too long".to_owned(),
        // Their details quote only the template; those of other kinds may quote values.
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
