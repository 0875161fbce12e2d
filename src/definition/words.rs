//! Words with places that are filled for each call.

use parlor_core::private::Private;
use serde_json::Value;

use crate::template::Template;

/// What may stand in a template, as far as it is known before a call: below `attributes` and
/// `metadata` stands what others have put there.
const KNOWN: [&str; 14] = [
    "agent.name",
    "caller.attributes",
    "caller.identity",
    "caller.kind",
    "caller.metadata",
    "caller.name",
    "caller.phone",
    "caller.trunk_phone",
    "job.attributes",
    "job.id",
    "job.metadata",
    "room.attributes",
    "room.metadata",
    "room.name",
];

/// Words with places that are filled for each call.
pub(super) struct Words {
    template: Template,
    /// As they were written, should they come to nothing.
    written: Private<String>,
}

/// Parses what stands at `key`; tells what is wrong with it.
pub(super) fn parse(
    key: &str,
    text: &Private<String>,
    problems: &mut Vec<String>,
) -> Option<Words> {
    let text = text.reveal().trim();
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            problems.push(format!("{key}: {error}"));
            return None;
        }
    };
    let unknown = template.variables().iter().filter(|path| !is_known(path));
    problems.extend(unknown.map(|path| format!("{key}: there is no variable {path}")));
    Some(Words {
        template,
        written: text.to_owned().into(),
    })
}

impl Words {
    /// The words for a call of which `values` tell; what they lack is marked.
    pub(super) fn fill(&self, values: &Value) -> Private<String> {
        match self.template.render_marked(values) {
            Ok(text) => text.into(),
            Err(error) => {
                tracing::error!(%error, "a template cannot be filled and is used as it is written");
                self.written.clone()
            }
        }
    }
}

/// Whether `path` is a place that is known, leads to one, or is below one that is open.
fn is_known(path: &str) -> bool {
    KNOWN.iter().any(|known| {
        let is_below = path
            .strip_prefix(known)
            .is_some_and(|it| it.starts_with('.'));
        let is_open = known.ends_with("attributes") || known.ends_with("metadata");
        let is_above = known
            .strip_prefix(path)
            .is_some_and(|it| it.starts_with('.'));
        path == *known || is_below && is_open || is_above
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_there_is_told() {
        let told = |text: &str| {
            let mut problems = Vec::new();
            parse("prompt", &text.to_owned().into(), &mut problems);
            problems
        };
        assert_eq!(
            told("Hello {{ caller.name }} from {{ job.metadata.city }}"),
            [""; 0]
        );
        assert_eq!(told("{% if caller.phone %}{{ room }}{% endif %}"), [""; 0]);
        assert_eq!(
            told("{{ caller.nme }}"),
            ["prompt: there is no variable caller.nme"]
        );
        assert_eq!(
            told("{{ weather }}"),
            ["prompt: there is no variable weather"]
        );
        assert_eq!(told("{{ caller.name").len(), 1);
    }

    #[test]
    fn what_is_not_there_is_marked() {
        let mut problems = Vec::new();
        let text = "Hello {{ caller.name }}".to_owned().into();
        let words = parse("greeting", &text, &mut problems).unwrap();
        let hello = |values| words.fill(&values).into_inner();
        assert_eq!(
            hello(serde_json::json!({"caller": {"name": "Ada"}})),
            "Hello Ada"
        );
        assert_eq!(hello(serde_json::json!({})), "Hello [caller.name?]");
    }
}
