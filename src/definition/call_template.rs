//! Templates that are filled for each call.

use std::collections::BTreeSet;

use parlor_common::spelling::did_you_mean;
use parlor_core::secret::Private;
use parlor_tools::template::Template;
use serde_json::Value;

/// The variables that a template may use. Below `attributes` and `metadata`, any path is valid,
/// because participants and dispatches define it.
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

/// The variables that every call has.
const ALWAYS: [&str; 4] = ["agent.name", "caller.identity", "caller.kind", "room.name"];

/// A template that is filled for each call.
pub(super) struct CallTemplate {
    key: String,
    template: Template,
    /// The source text, in case rendering fails.
    written: Private<String>,
}

/// Parses the template at `key`, and adds any problems with it to `problems`.
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
    problems.extend(unknown.map(|path| {
        let suggestion = did_you_mean(path, KNOWN);
        format!("{key}: unknown variable {path}{suggestion}")
    }));
    Some(CallTemplate {
        key: key.to_owned(),
        template,
        written: text.to_owned().into(),
    })
}

impl CallTemplate {
    /// Renders the text for the model. Missing values are marked, as in `[caller.name?]`.
    pub(super) fn for_model(&self, values: &Value) -> Private<String> {
        match self.template.render_marked(values) {
            Ok(text) => text.into(),
            Err(error) => {
                tracing::error!(key = self.key, %error, "cannot render a template for the model; using its source text");
                self.written.clone()
            }
        }
    }

    /// Renders the text for a person. Missing values are left out, and their names are added to
    /// `missing`. Returns `None` if no text is left.
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
                tracing::error!(key = self.key, %error, "cannot render a template; leaving it out");
                None
            }
        }
    }

    /// One warning for each value in the text that not every call has and that has no fallback.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let unchecked_variables = self.template.unchecked_variables(may_be_missing);
        unchecked_variables.into_iter().map(move |path| {
            format!(
                "{} uses {path}, which {}; write {{{{ {path} | default(\"…\") }}}} or {{% if {path} %}}",
                self.key,
                when_missing(&path),
            )
        })
    }
}

/// Whether `path` is a known variable, a parent of one, or below `attributes` or `metadata`.
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

/// Whether some calls have no value at `path`.
fn may_be_missing(path: &str) -> bool {
    let leads_further = KNOWN.iter().any(|known| leads_to(path, known));
    is_known(path) && !leads_further && !ALWAYS.contains(&path)
}

/// Says which calls have no value at `path`.
fn when_missing(path: &str) -> &'static str {
    match path {
        "caller.phone" | "caller.trunk_phone" => {
            "is missing for callers who do not use a telephone or hide their number"
        }
        "caller.name" => "is missing for callers without a name",
        "job.id" => "is missing for calls without a dispatch",
        path if path.starts_with("job.") => "is missing for dispatches that do not set it",
        path if path.starts_with("room.") => "is missing for rooms that do not set it",
        _ => "is missing for callers who do not set it",
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
    fn unknown_variables_are_reported() {
        let warnings = |text: &str| {
            let mut problems = Vec::new();
            parse("prompt", &text.to_owned().into(), &mut problems);
            problems
        };
        assert_eq!(
            warnings("Hello {{ caller.name }} from {{ job.metadata.city }}"),
            [""; 0]
        );
        assert_eq!(
            warnings("{% if caller.phone %}{{ room }}{% endif %}"),
            [""; 0]
        );
        assert_eq!(
            warnings("{{ caller.nme }}"),
            ["prompt: unknown variable caller.nme; did you mean `caller.name`?"]
        );
        assert_eq!(
            warnings("{{ weather }}"),
            ["prompt: unknown variable weather"]
        );
        assert_eq!(warnings("{{ caller.name").len(), 1);
    }

    #[test]
    fn missing_values_are_marked_for_the_model_and_left_out_for_people() {
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
    fn a_text_that_cannot_be_rendered_or_is_empty_is_not_said() {
        let mut missing = BTreeSet::new();
        let sum = words("greeting", "In {{ job.metadata.days + 1 }} days.");
        assert!(sum.for_person(&json!({}), &mut missing).is_none());
        let nothing = words("greeting", " {{ job.metadata.greeting }} ");
        assert!(nothing.for_person(&json!({}), &mut missing).is_none());
    }

    #[test]
    fn values_that_may_be_missing_cause_warnings() {
        let warned = |text: &str| words("greeting", text).warnings().collect::<Vec<_>>();
        assert_eq!(
            warned("Hello {{ caller.phone }}"),
            [
                "greeting uses caller.phone, which is missing for callers who do not use a telephone or hide their number; write {{ caller.phone | default(\"…\") }} or {% if caller.phone %}"
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
