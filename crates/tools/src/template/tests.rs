//! Rendering of templates, and errors.

use serde_json::json;

use super::*;

fn template(source: &str) -> Template {
    Template::parse(source).unwrap()
}

fn why(source: &str, values: &serde_json::Value) -> String {
    template(source).render(values).unwrap_err().to_string()
}

#[test]
fn values_are_rendered_unchanged() {
    let values = json!({ "args": { "order": "4<2 & ö", "tags": ["a", "b"] }, "n": 3 });
    let cases = [
        ("{{ args.order }}", "4<2 & ö"),
        ("{{ args.order | urlencode }}", "4%3C2%20%26%20%C3%B6"),
        ("{{ 'a/../b?' | urlencode }}", "a%2F..%2Fb%3F"),
        ("{{ {'k': 'a/b'} | urlencode }}", "k=a%2Fb"),
        ("{{ args.tags | tojson }}", r#"["a", "b"]"#),
        (
            "{% for tag in args.tags %}{{ tag }}{{ n }}{% endfor %}",
            "a3b3",
        ),
        ("{% if args.note %}{{ args.note }}{% endif %}.", "."),
        ("{{ args.note | default('none') }}", "none"),
        ("{% for i in range(n) %}{{ i }}{% endfor %}", "012"),
    ];
    for (source, expected) in cases {
        assert_eq!(
            template(source).render(&values).unwrap(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn an_unknown_variable_is_an_error_that_names_it() {
    let values = json!({ "args": { "order": "hunter2" } });
    assert_eq!(
        why("a\n{{ args.oder }}", &values),
        "line 2: args.oder is missing"
    );
    assert_eq!(why("{{ arg.order }}", &values), "line 1: arg is missing");
    assert_eq!(
        why("{{ args.oder | upper }}", &values),
        "line 1: args.oder is missing"
    );
}

#[test]
fn mistakes_are_reported_by_parse() {
    let cases = [
        (
            "a\nb {{ args.",
            "line 2: syntax error: unexpected end of input",
        ),
        ("{% if %}", "line 1: syntax error: unexpected end of block"),
        ("{% fi %}", "line 1: syntax error: unknown statement fi"),
        (
            "{{ args.order | urlencod }}",
            "line 1: unknown filter: filter urlencod is unknown",
        ),
        (
            "{{ now() }}",
            "line 1: unknown function: function now is unknown",
        ),
        (
            "{{ debug() }}",
            "line 1: unknown function: function debug is unknown",
        ),
    ];
    for (source, expected) in cases {
        let error = Template::parse(source).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn errors_do_not_contain_values() {
    let values = json!({ "env": { "KEY": "hunter2" }, "list": ["hunter2"] });
    for source in [
        "{{ env.KEY | abs }}",
        "{{ env.KEY + 1 }}",
        "{{ list | float }}",
    ] {
        let error = why(source, &values);
        assert!(!error.contains("hunter2"), "{source}: {error}");
    }
}

#[test]
fn missing_values_are_marked() {
    let values = json!({ "caller": { "id": "c1", "address": { "city": "Bern" } }, "room": "r" });
    let cases = [
        ("Hello {{ caller.name }}!", "Hello [caller.name?]!"),
        (
            "{{ job.metadata.plan }} {{ room }}",
            "[job.metadata.plan?] r",
        ),
        (
            "{{ caller.address.city }} {{ caller.address.street }}",
            "Bern [caller.address.street?]",
        ),
        ("{{ caller.name | upper }}", "[CALLER.NAME?]"),
        ("{{ caller['name'] }}", "[?]"),
        ("{{ caller.name ~ '.' }}", "[caller.name?]."),
    ];
    for (source, expected) in cases {
        assert_eq!(
            template(source).render_marked(&values).unwrap(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn missing_values_count_as_undefined() {
    let values = json!({ "caller": { "id": "c1" } });
    let cases = [
        ("{{ caller.name | default('friend') }}", "friend"),
        ("{{ caller.name or 'friend' }}", "friend"),
        ("{% if caller.name %}a{% else %}b{% endif %}", "b"),
        (
            "{{ caller.name is defined }} {{ caller.name is undefined }}",
            "False True",
        ),
        ("{{ caller.id is defined }}", "True"),
        ("{% for it in caller.tags %}a{% else %}b{% endfor %}", "b"),
        ("{{ 'name' in caller }} {{ 'id' in caller }}", "False True"),
        ("{{ caller | tojson }}", r#"{"id": "c1"}"#),
        ("{{ caller | length }}", "1"),
    ];
    for (source, expected) in cases {
        let text = template(source).render_marked(&values).unwrap();
        assert!(text.eq_ignore_ascii_case(expected), "{source}: {text}");
    }
}

/// Values in which `caller.<name>` is missing, in every way in which it can be.
fn without(name: &str) -> Vec<serde_json::Value> {
    vec![
        json!({}),
        json!({ "caller": null }),
        json!({ "caller": {} }),
        json!({ "caller": { name: null } }),
        json!({ "caller": { name: "" } }),
        json!({ "caller": { name: " \n" } }),
    ]
}

#[test]
fn missing_values_are_marked_for_a_model_and_left_out_for_a_person() {
    for values in without("phone") {
        let call = template("Call {{ caller.phone }}, now.");
        assert_eq!(
            call.render_marked(&values).unwrap(),
            "Call [caller.phone?], now.",
            "{values}"
        );
        let spoken = call.render_spoken(&values).unwrap();
        assert_eq!(spoken.text, "Call, now.", "{values}");
        assert_eq!(spoken.missing, BTreeSet::from(["caller.phone".to_owned()]));
    }
}

#[test]
fn values_that_a_template_checks_for_are_not_missing() {
    let sources = [
        ("{{ caller.phone | default('none') }}", "none"),
        ("{{ caller.phone | d('none') }}", "none"),
        ("{{ caller.phone or 'none' }}", "none"),
        (
            "{% if caller.phone %}{{ caller.phone }}{% else %}none{% endif %}",
            "none",
        ),
        (
            "{% if caller.phone is defined %}a{% else %}none{% endif %}",
            "none",
        ),
        ("{% if caller.phone is none %}none{% endif %}", "none"),
    ];
    for (source, expected) in sources {
        for values in without("phone") {
            let spoken = template(source).render_spoken(&values).unwrap();
            assert_eq!(spoken.text, expected, "{source} {values}");
            assert_eq!(spoken.missing, BTreeSet::new(), "{source} {values}");
        }
    }
}

#[test]
fn people_never_hear_a_placeholder() {
    let sources = [
        "{{ caller.phone }}",
        "{{ caller['phone'] }}",
        "{{ caller.phone | upper }}",
        "{{ caller.phone ~ '' }}",
        "{{ caller.phone | trim | title }}",
        "{{ caller.phone.area }}",
        "{% for it in [caller.phone] %}{{ it }}{% endfor %}",
        "{% for key in caller %}{{ caller[key] }}{% endfor %}",
        "{% for it in list %}{{ it }}{% endfor %}",
        "{{ list | join(' ') }}",
        "{{ none }}",
    ];
    for source in sources {
        for mut values in without("phone") {
            values["list"] = json!([null, ""]);
            let spoken = template(source).render_spoken(&values).unwrap();
            assert_eq!(spoken.text, "", "{source} {values}");
        }
    }
}

#[test]
fn other_programs_never_get_a_placeholder() {
    let refused = [
        "{{ args.note }}",
        "{{ args['note'] }}",
        "{{ args.note | urlencode }}",
        "{{ args.note | upper }}",
        "{{ 'a' ~ args.note }}",
        "{{ args.note.text }}",
        "{% for it in args.list %}{{ it }}{% endfor %}",
        "{{ none }}",
    ];
    for source in refused {
        for values in [
            json!({ "note": null, "list": [null] }),
            json!({ "list": [null] }),
        ] {
            let error = template(source).render(&json!({ "args": values }));
            let error = error.expect_err(source).to_string();
            assert!(error.contains("missing"), "{source}: {error}");
        }
    }
    let taken = [
        ("{{ args.note | tojson }}", "null"),
        ("{{ args.note | default('none') }}", "none"),
        ("{% if args.note %}{{ args.note }}{% endif %}.", "."),
        ("{{ args.empty }}.", "."),
        ("{{ args | tojson }}", r#"{"empty": "", "note": null}"#),
    ];
    for (source, expected) in taken {
        let values = json!({ "args": { "empty": "", "note": null } });
        assert_eq!(
            template(source).render(&values).unwrap(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn variables_exclude_those_that_the_template_sets() {
    let source = "{% set x = env.KEY %}{{ x }}{{ args.a.b }}{{ call }}{% for i in range(2) %}{{ i }}{% endfor %}";
    let template = template(source);
    let variables: Vec<_> = template.variables().iter().map(String::as_str).collect();
    assert_eq!(variables, ["args.a.b", "call", "env.KEY"]);
}

#[test]
fn time_and_output_are_limited() {
    let long = "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}";
    assert_eq!(why(long, &json!({})), "line 1: the template takes too long");
    let wide = "{% for a in range(100) %}{{ text }}{% endfor %}";
    let values = json!({ "text": "x".repeat(MAX_OUTPUT / 100 + 1) });
    assert_eq!(why(wide, &values), "the rendered text is too long");
    let values = json!({ "text": "x".repeat(MAX_OUTPUT / 100) });
    assert_eq!(
        template(wide).render(&values).unwrap().len(),
        MAX_OUTPUT / 100 * 100
    );
}

#[test]
fn the_debug_output_of_a_template_is_only_its_length() {
    assert_eq!(
        format!("{:?}", template("You are Grüezi.")),
        "<template of 15 characters>"
    );
}
