//! Known tricks to get around the checks of hosts and addresses.

use super::*;

const PRIVATE: &str = "its host is in a private network";
const HOST: &str = "its host is not allowed";
const USER: &str = "it contains a user name or a password";
const NO_URL: &str = "it is not a valid URL";
const SCHEME: &str = "only http and https are allowed";

/// URLs with `PORT` for the port of a server on this machine, and why each is refused although the
/// tool may call the host that it seems to have.
const TRICKS: &[(&str, &str)] = &[
    ("http://127.0.0.1:PORT/", PRIVATE),
    ("http://127.0.0.1.:PORT/", PRIVATE),
    ("http://127.1:PORT/", PRIVATE),
    ("http://127.0.1:PORT/", PRIVATE),
    ("http://2130706433:PORT/", PRIVATE),
    ("http://017700000001:PORT/", PRIVATE),
    ("http://0177.0.0.1:PORT/", PRIVATE),
    ("http://0177.0.0.01:PORT/", PRIVATE),
    ("http://0x7f.1:PORT/", PRIVATE),
    ("http://0x7f000001:PORT/", PRIVATE),
    ("http://0x7F.0x0.0x0.0x1:PORT/", PRIVATE),
    ("http://127.0.0.0x1:PORT/", PRIVATE),
    ("http://127.000000000.000.1:PORT/", PRIVATE),
    ("http://%31%32%37.0.0.1:PORT/", PRIVATE),
    ("http://127%2e0%2e0%2e1:PORT/", PRIVATE),
    ("http://１２７.０.０.１:PORT/", PRIVATE),
    ("http://127。0。0。1:PORT/", PRIVATE),
    ("http://①②⑦.⓪.⓪.①:PORT/", PRIVATE),
    ("http://0:PORT/", PRIVATE),
    ("http://0.0.0.0:PORT/", PRIVATE),
    ("http://[::1]:PORT/", PRIVATE),
    ("http://[0:0:0:0:0:0:0:1]:PORT/", PRIVATE),
    ("http://[::]:PORT/", PRIVATE),
    ("http://[::ffff:127.0.0.1]:PORT/", PRIVATE),
    ("http://[::ffff:7f00:1]:PORT/", PRIVATE),
    ("http://[::127.0.0.1]:PORT/", PRIVATE),
    ("http://[64:ff9b::7f00:1]:PORT/", PRIVATE),
    ("http://[2002:7f00:1::]:PORT/", PRIVATE),
    ("http://169.254.169.254/latest/meta-data/", PRIVATE),
    ("http://2852039166/latest/meta-data/", PRIVATE),
    ("http://0xA9FEA9FE/", PRIVATE),
    ("http://[fd00:ec2::254]/", PRIVATE),
    ("http://localhost:PORT/", PRIVATE),
    ("http://LOCALHOST:PORT/", PRIVATE),
    ("http://ⓛocalhost:PORT/", PRIVATE),
    ("http://localhost.:PORT/", PRIVATE),
    ("http://loopback.example:PORT/", PRIVATE),
    ("http://mapped.example:PORT/", PRIVATE),
    ("http://metadata.example/", PRIVATE),
    ("http://allowed.example.:PORT/", HOST),
    ("http://evil-allowed.example:PORT/", HOST),
    ("http://allowed.example.evil.example:PORT/", HOST),
    ("http://xn--allowed-.example:PORT/", NO_URL),
    ("http://аllowed.example:PORT/", HOST),
    ("http://xn--llowed-2fg.example:PORT/", HOST),
    ("http://allowed.example@127.0.0.1:PORT/", USER),
    ("http://allowed.example:80@127.0.0.1:PORT/", USER),
    ("http://allowed.example%40127.0.0.1:PORT/", NO_URL),
    ("http://@127.0.0.1:PORT/", PRIVATE),
    ("http:@127.0.0.1:PORT/", PRIVATE),
    ("http:127.0.0.1:PORT/", PRIVATE),
    ("http:/127.0.0.1:PORT/", PRIVATE),
    ("http:////127.0.0.1:PORT/", PRIVATE),
    ("http://127.0.0.1:PORT#@allowed.example/", PRIVATE),
    ("http://127.0.0.1:PORT?@allowed.example/", PRIVATE),
    ("http://127.0.0.1:PORT/@allowed.example", PRIVATE),
    ("http://127.0.0.1:PORT\\@allowed.example/", NO_URL),
    ("http://allowed.example\\@127.0.0.1:PORT/", NO_URL),
    ("http:\\\\127.0.0.1:PORT\\", NO_URL),
    ("http://127.0.\t0.1:PORT/", NO_URL),
    ("http://allowed.example\r\n@127.0.0.1:PORT/", NO_URL),
    ("ht\ntp://127.0.0.1:PORT/", NO_URL),
    ("http://127.0.0.1 :PORT/", NO_URL),
    ("http://allowed.example 127.0.0.1:PORT/", NO_URL),
    ("http://127.0.0.256:PORT/", NO_URL),
    ("http://[127.0.0.1]:PORT/", NO_URL),
    ("http://[fe80::1%25lo]:PORT/", NO_URL),
    ("//127.0.0.1:PORT/", NO_URL),
    ("127.0.0.1:PORT/", NO_URL),
    ("file:///etc/passwd", SCHEME),
    ("file://127.0.0.1/etc/passwd", SCHEME),
    ("gopher://127.0.0.1:PORT/_", SCHEME),
    ("dict://127.0.0.1:PORT/", SCHEME),
    ("ftp://127.0.0.1:PORT/", SCHEME),
    ("ws://127.0.0.1:PORT/", SCHEME),
    ("unix:/var/run/docker.sock", SCHEME),
    ("data:text/plain,hello", SCHEME),
    ("", NO_URL),
];

const SPEC: &str = r#"
method = "GET"
retries = 0
url = "{{ args.url }}"
allow_hosts = [
    "allowed.example", "localhost", "localhost.", "loopback.example", "mapped.example",
    "metadata.example", "127.0.0.1", "0.0.0.0", "169.254.169.254", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[fd00:ec2::254]",
]
"#;

fn names() -> Arc<Names> {
    Names::of(&[
        ("allowed.example", &["127.0.0.1"]),
        ("localhost", &["127.0.0.1", "::1"]),
        ("localhost.", &["127.0.0.1"]),
        ("loopback.example", &["127.0.0.1"]),
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("metadata.example", &["169.254.169.254"]),
    ])
}

#[tokio::test]
async fn every_trick_is_refused_without_a_connection() {
    let inside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port().to_string();
    let tool = tool_in(&network(names()), SPEC);
    for (trick, reason) in TRICKS {
        let url = trick.replace("PORT", &port);
        let answered = why(&tool, json!({ "url": url })).await;
        let expected = format!("the tool may not call this address: {reason}");
        assert_eq!(answered, expected, "{trick}");
    }
    let nobody = inside.accept().unwrap_err();
    assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn values_cannot_change_the_literal_host() {
    let values = [
        "@evil.example/",
        ".evil.example/",
        ":80@evil.example/",
        "/@evil.example",
        "#@evil.example",
        "//evil.example/",
        "\\\\evil.example\\",
        "/../../evil.example",
        "?@evil.example",
        "%2f..%2f",
    ];
    let names = Names::of(&[
        ("shop.example", &["127.0.0.1"]),
        ("evil.example", &["127.0.0.1"]),
    ]);
    let spec = "method = 'GET'\nretries = 0\nurl = 'http://shop.example/{{ args.order }}'";
    let tool = tool_in(&network(names), spec);
    for value in values {
        let filled = tool.plan.fill(&json!({ "order": value }), &json!({}));
        if let Ok(request) = filled {
            assert_eq!(request.url.host_str(), Some("shop.example"), "{value}");
            assert_eq!(request.url.port(), None, "{value}");
        }
    }
}
