//! Problems that are found when a tool is built.

use super::*;

fn problems(spec: &str) -> Vec<String> {
    let spec = toml::from_str(spec).unwrap();
    HttpTool::new("lookup", &spec, &source(), &network(Arc::default())).unwrap_err()
}

#[tokio::test]
async fn all_problems_are_reported_together() {
    let all = problems(
        r#"
        url = "https://{{ args.host }}/{{ user.id }}"
        headers = { Authorization = "Bearer {{ env.NOPE }}", Host = "a", "X y" = "b", X-All = "{{ env }}" }
        query = { q = "{{ args.q | urlencod }}" }
        body = "{{ args."
        sign_with = "BAD"
        retries = 6
        redirects = 11
        "#,
    );
    let expected = [
        "retries must be 0 to 5",
        "redirects must be 0 to 10",
        "url: user.id is unknown: templates can use args, call and env",
        "query.q: line 1: unknown filter: filter urlencod is unknown",
        "headers.Authorization: the environment variable NOPE is not set",
        "headers.Host: Parlor sets this header itself",
        "headers.X y: not a valid header name",
        "headers.X-All: env must be followed by a variable name, as in env.TOKEN",
        "body: line 1: syntax error: unexpected end of input, expected identifier or integer",
        "sign_with: BAD must be a Standard Webhooks secret: whsec_ followed by Base64",
        "url: its host must be literal, as in https://shop.example/{{ args.path }}, or allow_hosts \
        must list the hosts",
    ];
    for problem in expected {
        assert!(all.iter().any(|it| it == problem), "{problem} in {all:#?}");
    }
    assert_eq!(all.len(), expected.len(), "{all:#?}");
}

#[tokio::test]
async fn secrets_must_be_set_and_valid() {
    let spec = |name| format!("url = 'https://shop.example/'\nsign_with = '{name}'");
    assert_eq!(
        problems(&spec("NOPE")),
        ["sign_with: the environment variable NOPE is not set"]
    );
    let wrong = "sign_with: TOKEN must be a Standard Webhooks secret: whsec_ followed by Base64";
    assert_eq!(problems(&spec("TOKEN")), [wrong]);
    let own = "headers = { Webhook-Id = 'a' }";
    let own = problems(&format!("{}\n{own}", spec("SECRET")));
    assert_eq!(own, ["headers.Webhook-Id: Parlor sets this header itself"]);
}

#[tokio::test]
async fn a_private_host_is_reported_at_startup() {
    for host in [
        "127.0.0.1",
        "10.0.0.5:8080",
        "[::1]",
        "2130706433",
        "169.254.169.254",
    ] {
        let all = problems(&format!("url = 'http://{host}/{{{{ args.a }}}}'"));
        let expected = "url: its host is in a private network; allow it with allow_private = true";
        assert_eq!(all, [expected], "{host}");
    }
}

#[tokio::test]
async fn the_debug_output_of_a_tool_is_only_its_name() {
    let tool = tool("url = 'https://shop.example/{{ env.TOKEN }}'");
    assert_eq!(format!("{tool:?}"), r#"HttpTool { name: "lookup", .. }"#);
}

#[tokio::test]
async fn the_arguments_of_templates_are_listed() {
    let tool = tool(
        "url = 'https://shop.example/{{ args.order.id }}{% if args.note %}{% endif %}'\n\
         query = { all = '{{ args | tojson }}', room = '{{ call.room }}' }",
    );
    let named: Vec<_> = tool.arguments().iter().map(String::as_str).collect();
    assert_eq!(named, ["note", "order"]);
}
