//! Words with places that are filled for each call.

use std::collections::BTreeSet;

use parlor_core::secret::Private;
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

/// Those of them that every call has.
const ALWAYS: [&str; 4] = ["agent.name", "caller.identity", "caller.kind", "room.name"];

/// Words with places that are filled for each call.
pub(super) struct CallTemplate {
    key: String,
    template: Template,
    /// As they were written, should they come to nothing.
    written: Private<String>,
}

/// Parses what stands at `key`; tells what is wrong with it.
pub(super) fn parse(
    key: &str,
    text: &Private<String>,
    problems: &mut Vec<String>,
) -> Option<CallTemplate> {
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
    Some(CallTemplate {
        key: key.to_owned(),
        template,
        written: text.to_owned().into(),
    })
}

impl CallTemplate {
    /// The words for the model, in a call that `values` describe; missing values are marked.
    pub(super) fn for_model(&self, values: &Value) -> Private<String> {
        match self.template.render_marked(values) {
            Ok(text) => text.into(),
            Err(error) => {
                tracing::error!(key = self.key, %error, "a template cannot be filled and is used as it is written");
                self.written.clone()
            }
        }
    }

    /// The words for a person, in a call that `values` describe. Missing values are left out, and
    /// their names added to `missing`. `None` when nothing is left to be said.
    pub(super) fn for_person(
        &self,
        values: &Value,
        missing: &mut BTreeSet<String>,
    ) -> Option<Private<String>> {
        match self.template.render_spoken(values) {
            Ok(spoken) => {
                missing.extend(spoken.missing);
                let text = spoken.text.trim();
                (!text.is_empty()).then(|| text.to_owned().into())
            }
            Err(error) => {
                tracing::error!(key = self.key, %error, "a template cannot be filled and is left out");
                None
            }
        }
    }

    /// What a person would miss in them, one line for each value that not every call has.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let unguarded = self.template.unguarded(may_be_missing);
        unguarded.into_iter().map(move |path| {
            format!(
                "{} uses {path}, which {}; write {{{{ {path} | default(\"…\") }}}} or {{% if {path} %}}",
                self.key,
                when_missing(&path),
            )
        })
    }
}

/// Whether `path` is a place that is known, leads to one, or is below one that is open.
fn is_known(path: &str) -> bool {
    KNOWN.iter().any(|known| {
        let is_below = path
            .strip_prefix(known)
            .is_some_and(|it| it.starts_with('.'));
        let is_open = known.ends_with("attributes") || known.ends_with("metadata");
        path == *known || is_below && is_open || leads_to(path, known)
    })
}

fn leads_to(path: &str, known: &str) -> bool {
    let rest = known.strip_prefix(path);
    rest.is_some_and(|it| it.starts_with('.'))
}

/// Whether there are calls without a value at `path`.
fn may_be_missing(path: &str) -> bool {
    let leads_further = KNOWN.iter().any(|known| leads_to(path, known));
    is_known(path) && !leads_further && !ALWAYS.contains(&path)
}

/// Of which calls the value at `path` is missing.
fn when_missing(path: &str) -> &'static str {
    match path {
        "caller.phone" | "caller.trunk_phone" => {
            "is missing for callers who are not telephones, or hide their number"
        }
        "caller.name" => "is missing for callers without a name",
        "job.id" => "is missing for calls that were not dispatched",
        path if path.starts_with("job.") => "is missing for dispatches that do not bring it",
        path if path.starts_with("room.") => "is missing for rooms that do not have it",
        _ => "is missing for callers who do not have it",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(key: &str, text: &str) -> CallTemplate {
        let mut problems = Vec::new();
        let words = parse(key, &text.to_owned().into(), &mut problems);
        assert_eq!(problems, [""; 0]);
        words.unwrap()
    }

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
    fn what_is_missing_is_marked_for_the_model_and_left_out_for_people() {
        let words = words("greeting", "Hello {{ caller.name }}!");
        let without = [
            json!({}),
            json!({"caller": {}}),
            json!({"caller": null}),
            json!({"caller": {"name": null}}),
            json!({"caller": {"name": ""}}),
            json!({"caller": {"name": " "}}),
        ];
        for values in without {
            assert_eq!(
                words.for_model(&values).into_inner(),
                "Hello [caller.name?]!"
            );
            let mut missing = BTreeSet::new();
            let said = words.for_person(&values, &mut missing);
            assert_eq!(said.unwrap().into_inner(), "Hello!");
            assert_eq!(missing, BTreeSet::from(["caller.name".to_owned()]));
        }
        let ada = json!({"caller": {"name": "Ada"}});
        let mut missing = BTreeSet::new();
        let said = words.for_person(&ada, &mut missing).unwrap();
        assert_eq!(said.into_inner(), "Hello Ada!");
        assert_eq!(words.for_model(&ada).into_inner(), "Hello Ada!");
        assert_eq!(missing, BTreeSet::new());
    }

    #[test]
    fn words_that_cannot_be_filled_are_not_said() {
        let mut missing = BTreeSet::new();
        let sum = words("greeting", "In {{ job.metadata.days + 1 }} days.");
        assert!(sum.for_person(&json!({}), &mut missing).is_none());
        let nothing = words("greeting", " {{ job.metadata.greeting }} ");
        assert!(nothing.for_person(&json!({}), &mut missing).is_none());
    }

    #[test]
    fn values_that_may_be_missing_are_warned_of() {
        let warned = |text: &str| words("greeting", text).warnings().collect::<Vec<_>>();
        assert_eq!(
            warned("Hello {{ caller.phone }}"),
            [
                "greeting uses caller.phone, which is missing for callers who are not telephones, or hide their number; write {{ caller.phone | default(\"…\") }} or {% if caller.phone %}"
            ]
        );
        let sound = [
            "Hello {{ caller.identity }} in {{ room.name }}, I am {{ agent.name }}.",
            "Hello {{ caller.name | default('friend') }}",
            "{% if caller.name %}Hello {{ caller.name }}{% endif %}",
            "{{ caller.name or 'friend' }}",
            "{% if job.metadata.a is defined %}{{ job.metadata.a }}{% endif %}",
            "{% for item in job.metadata.items %}{{ item }}{% endfor %}",
        ];
        for text in sound {
            assert_eq!(warned(text), [""; 0], "{text}");
        }
        let unsound = [
            ("{% if caller.phone %}{{ caller.name }}{% endif %}", 1),
            ("{% if not caller.name %}{{ caller.name }}{% endif %}", 1),
            ("{{ caller.name }} {{ job.metadata.a.b }} {{ job.id }}", 3),
            ("{{ caller.name | upper }}{{ room.metadata ~ '!' }}", 2),
        ];
        for (text, count) in unsound {
            assert_eq!(warned(text).len(), count, "{text}: {:?}", warned(text));
        }
    }
}
