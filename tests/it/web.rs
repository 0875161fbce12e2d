//! The web page and its token endpoint over a real socket.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use livekit_api::access_token::{Claims, TokenVerifier, VideoGrants};
use parlor::definition::Voices;
use parlor::web::{Options, VoiceMenu, Web};
use parlor_common::clock;
use parlor_common::dial::Proxies;
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::token::{Grant, Kind, mint};
use parlor_sim as sim;
use parlor_sim::Simulator;
use parlor_voice_agent::AgentApi;
use ring::hmac;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const SECRET: &str = "the secret that no answer may have in it";

const SOON: Duration = Duration::from_secs(10);

const JSON: (&str, &str) = ("Content-Type", "application/json");

struct Bench {
    /// Host and port of the page.
    host: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

struct Answer {
    status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

fn livekit(secret: &str) -> LiveKit {
    LiveKit {
        url: "ws://127.0.0.1:7880".to_owned(),
        api_key: "key".to_owned(),
        api_secret: Secret::new(secret),
        ..LiveKit::default()
    }
}

fn options() -> Options {
    Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        agent_name: "clerk".to_owned(),
        tokens_a_minute: 1_000,
        ..Options::new(livekit(SECRET))
    }
}

async fn bench(options: Options) -> Bench {
    let web = Web::bind(options).await.unwrap();
    let url = web.url();
    let host = url.strip_prefix("http://").unwrap().trim_end_matches('/');
    let host = host.to_owned();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(web.run(async {
        stopped.await.ok();
    }));
    Bench {
        host,
        stop,
        running,
    }
}

impl Bench {
    /// Sends a request. The `Host` header is the page's own unless `headers` has one.
    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: {}\r\n", self.host);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let answered = async {
            let mut socket = TcpStream::connect(&self.host).await.unwrap();
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        };
        Answer::read(&timeout(SOON, answered).await.unwrap())
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], "").await
    }

    /// Requests a token as the page does.
    async fn token(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let headers: Vec<_> = [JSON].iter().chain(headers).copied().collect();
        let body = body.to_string();
        self.ask("POST /api/token", &headers, &body).await
    }

    /// The same, authorised by an earlier token.
    async fn token_again(&self, body: &Value, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.token(body, &[("Authorization", &bearer)]).await
    }
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self {
            status: status.parse().unwrap(),
            headers: lines.map(header).collect(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(it, _)| it == name);
        named.next().map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The claims of the issued token.
    fn claims(&self) -> Claims {
        assert_eq!(self.status, 201, "{}", self.body);
        let verifier = TokenVerifier::with_api_key("key", SECRET);
        verifier.verify(&self.token()).unwrap()
    }

    fn token(&self) -> String {
        let token = self.json()["participant_token"].clone();
        token.as_str().unwrap().to_owned()
    }
}

/// The current time in seconds since 1970.
fn today() -> u64 {
    let now: SystemTime = clock::wall();
    now.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A token that expired `seconds` ago.
fn expired(seconds: u64) -> String {
    let claims = json!({
        "iss": "key", "sub": "ada", "nbf": 0, "exp": today() - seconds,
        "video": {"roomJoin": true, "room": "kitchen"},
    });
    let parts = [json!({"alg": "HS256", "typ": "JWT"}), claims];
    let [head, claims] = parts.map(|it| BASE64_URL_SAFE_NO_PAD.encode(it.to_string()));
    let signed = format!("{head}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_token_is_for_one_new_room_and_dispatches_our_agent() {
    let bench = bench(options()).await;
    let body = json!({
        "room_name": "kitchen",
        "participant_identity": "ada",
        "participant_name": "Ada",
        "participant_metadata": "blue",
        "participant_attributes": {"table": "4"},
        "room_config": {"agents": [{"agent_name": "clerk", "metadata": "desk 3"}]},
    });
    let answer = bench.token(&body, &[]).await;
    let claims = answer.claims();
    assert_eq!(answer.json()["server_url"], "ws://127.0.0.1:7880");
    assert_eq!(answer.json().as_object().unwrap().len(), 2);
    let grants = VideoGrants {
        room_join: true,
        room: claims.video.room.clone(),
        can_publish: Some(true),
        can_publish_sources: vec!["microphone".to_owned()],
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    };
    assert_eq!(claims.video, grants);
    assert!(claims.video.room.starts_with("visit-"), "{claims:?}");
    assert!(claims.sub.starts_with("visitor-"), "{claims:?}");
    assert_eq!((&*claims.name, &*claims.metadata), ("Ada", "blue"));
    assert_eq!(claims.attributes["table"], "4");
    assert_eq!(claims.kind, "");
    let valid = claims.exp as u64 - today();
    assert!((590..=600).contains(&valid), "{valid}");
    let agents = claims.room_config.unwrap().agents;
    assert_eq!(agents.len(), 1);
    assert_eq!(agents[0].agent_name, "clerk");
    assert_eq!(agents[0].metadata, "desk 3");
}

#[tokio::test]
async fn visitors_choose_rooms_if_that_is_allowed() {
    let bench = bench(Options {
        allow_rooms: true,
        server_url: Some("https://talk.example".to_owned()),
        ..options()
    })
    .await;
    let body = json!({"room_name": "kitchen", "participant_identity": "ada"});
    // If visitors may choose, an earlier token is not checked.
    let answer = bench.token_again(&body, "foreign").await;
    let claims = answer.claims();
    assert_eq!((&*claims.video.room, &*claims.sub), ("kitchen", "ada"));
    assert_eq!(answer.json()["server_url"], "wss://talk.example");
}

/// Whether a token lets its bearer manage the agent's session.
fn manages(answer: &Answer) -> bool {
    // The token verifier does not know this grant.
    let token = answer.token();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
    let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
    claims["video"]["canManageAgentSession"] == true
}

#[tokio::test]
async fn visitors_manage_only_if_that_is_allowed() {
    let nobody = bench(options()).await;
    assert!(!manages(&nobody.token(&json!({}), &[]).await));
    let everybody = bench(Options {
        manage: true,
        ..options()
    })
    .await;
    let first = everybody.token(&json!({}), &[]).await;
    let again = everybody.token_again(&json!({}), &first.token()).await;
    assert_eq!(first.claims().video, again.claims().video);
    assert!(manages(&first) && manages(&again));
}

#[tokio::test]
async fn an_earlier_token_gets_the_same_room_and_identity_again() {
    let bench = bench(options()).await;
    let first = bench.token(&json!({}), &[]).await;
    let had = first.claims();
    let same = json!({"room_name": had.video.room, "participant_identity": had.sub});
    let again = bench.token_again(&same, &first.token()).await.claims();
    assert_eq!((&again.video.room, &again.sub), (&had.video.room, &had.sub));
    let ada = json!({"room_name": "kitchen", "participant_identity": "ada"});
    let late = bench.token_again(&ada, &expired(590)).await.claims();
    assert_eq!((&*late.video.room, &*late.sub), ("kitchen", "ada"));

    let other = json!({"room_name": "kitchen", "participant_identity": had.sub});
    let grant = |kind| Grant {
        room: "kitchen",
        identity: "ada",
        name: "Ada",
        kind,
        valid: SOON,
    };
    let foreign = mint(&livekit("another secret"), &grant(Kind::Caller)).unwrap();
    let agents = mint(&livekit(SECRET), &grant(Kind::Agent)).unwrap();
    for (what, body, token) in [
        ("another room", &other, first.token()),
        ("a foreign token", &ada, foreign.reveal().to_owned()),
        ("an agent's token", &ada, agents.reveal().to_owned()),
        ("too old", &ada, expired(610)),
    ] {
        let refused = bench.token_again(body, &token).await;
        assert_eq!(refused.status, 401, "{what}");
        assert!(refused.json()["error"].is_string(), "{what}");
    }
}

/// Status, request line, headers, body.
type Case<'a> = (u16, &'a str, &'a [(&'a str, &'a str)], &'a str);

const POST: &str = "POST /api/token";

/// Sends each request, and checks its status and what every answer must have.
async fn try_all(cases: &[Case<'_>]) {
    let bench = bench(options()).await;
    for (status, line, headers, body) in cases {
        let answer = bench.ask(line, headers, body).await;
        let what = format!("{line} {headers:?}: {}", answer.body);
        assert_eq!(answer.status, *status, "{what}");
        assert_guarded(&answer, &what);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{what}");
        assert!(!answer.body.contains(SECRET), "{what}");
        if *status != 201 {
            assert!(answer.json()["error"].is_string(), "{what}");
        }
    }
}

#[tokio::test]
async fn an_invalid_request_is_rejected() {
    let large = json!({"participant_metadata": "m".repeat(16 << 10)}).to_string();
    let reserved = r#"{"participant_attributes":{"lk.agent.state":"speaking"}}"#;
    let utf8 = ("Content-Type", "application/json; charset=utf-8");
    let bearer = ("Authorization", "Bearer x.y.z");
    try_all(&[
        (201, POST, &[], ""),
        (201, POST, &[utf8], "{}"),
        (400, POST, &[JSON], "{"),
        (400, POST, &[JSON], reserved),
        (401, POST, &[JSON, bearer], "{}"),
        (404, "GET /api/other", &[], ""),
        (404, "GET /assets/none.js", &[], ""),
        (405, "GET /api/token", &[], ""),
        (405, "POST /", &[], ""),
        (413, POST, &[JSON], &large),
        (415, POST, &[], "{}"),
        (415, POST, &[("Content-Type", "text/plain")], "{}"),
    ])
    .await;
}

#[tokio::test]
async fn pages_of_other_origins_and_hosts_are_rejected() {
    let rebound = ("Host", "rebound.example");
    let evil = ("Origin", "https://evil.example");
    try_all(&[
        (
            201,
            POST,
            &[
                JSON,
                ("Host", "localhost:1"),
                ("Origin", "http://localhost:1"),
            ],
            "{}",
        ),
        (403, POST, &[JSON, evil], "{}"),
        (403, POST, &[JSON, ("Origin", "http://127.0.0.1:1")], "{}"),
        (403, POST, &[JSON, ("Origin", "null")], "{}"),
        (403, POST, &[JSON, rebound], "{}"),
        (
            403,
            POST,
            &[JSON, rebound, ("Origin", "http://rebound.example")],
            "{}",
        ),
        (403, "GET /", &[rebound], ""),
        (403, "GET /", &[evil], ""),
        (403, "OPTIONS /api/token", &[evil], ""),
    ])
    .await;
}

#[tokio::test]
async fn the_page_is_served_or_says_how_to_build_it() {
    let bench = bench(options()).await;
    let page = bench.get("/").await;
    assert_guarded(&page, "the page");
    assert!(page.body.contains("<!doctype html>"), "{}", page.body);
    assert!([200, 503].contains(&page.status), "{}", page.status);
    assert_eq!(page.status == 503, page.body.contains("make web"));
    let kind = page.header("content-type");
    assert_eq!(kind, Some("text/html; charset=utf-8"));
}

fn assert_guarded(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy").expect(what);
    let connect = "connect-src 'self' ws://127.0.0.1:7880 http://127.0.0.1:7880;";
    assert!(
        policy.starts_with("default-src 'none';"),
        "{what}: {policy}"
    );
    assert!(policy.contains(connect), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("permissions-policy", "microphone=(self)"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}");
    }
    let keeps = answer.header("cache-control");
    assert_eq!(keeps, Some("no-store"), "{what}");
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_request_tokens() {
    let origin = "https://app.example";
    let bench = bench(Options {
        allow_origins: vec![origin.parse().unwrap()],
        ..options()
    })
    .await;
    let asked = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        (
            "Access-Control-Request-Headers",
            "authorization,content-type",
        ),
    ];
    let preflight = bench.ask("OPTIONS /api/token", &asked, "").await;
    assert_eq!(preflight.status, 204);
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"));
    let answer = bench.token(&json!({}), &[("Origin", origin)]).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    assert_eq!(answer.header("vary"), Some("origin"));
}

#[tokio::test]
async fn too_many_requests_get_a_retry_after() {
    let bench = bench(Options {
        tokens_a_minute: 2,
        ..options()
    })
    .await;
    for _ in 0..2 {
        assert_eq!(bench.token(&json!({}), &[]).await.status, 201);
    }
    let limited = bench.token(&json!({}), &[]).await;
    assert_eq!(limited.status, 429);
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_guarded(&limited, "too many requests");
    assert_ne!(bench.get("/").await.status, 429, "the page is not limited");
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() {
    let bench = bench(options()).await;
    for path in [
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/%2fetc/passwd",
        "//etc/passwd",
        "/assets/",
    ] {
        let answer = bench.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_server_stops_despite_open_connections() {
    let bench = bench(options()).await;
    let mut idle = TcpStream::connect(&bench.host).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", bench.host);
    idle.write_all(head.as_bytes()).await.unwrap();
    assert!(idle.read_u8().await.is_ok(), "it was answered");
    let half = TcpStream::connect(&bench.host).await.unwrap();
    half.writable().await.unwrap();
    bench.stop.send(()).unwrap();
    timeout(SOON, bench.running).await.unwrap().unwrap();
    assert!(TcpStream::connect(&bench.host).await.is_err());
}

/// A simulator of the Voice Agent API with the key that it accepts, and a sender that stops it.
async fn simulator() -> (AgentApi, oneshot::Sender<()>) {
    let simulator = Simulator::bind(sim::Options {
        key: Some("right".to_owned()),
        ..sim::Options::default()
    });
    let simulator = simulator.await.unwrap();
    let base_url = format!("ws://{}", simulator.addr());
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(simulator.run(async {
        stopped.await.ok();
    }));
    (api(&base_url, "right"), stop)
}

fn api(base_url: &str, key: &str) -> AgentApi {
    AgentApi {
        base_url: base_url.to_owned(),
        key: Secret::new(key),
        proxies: Proxies::default(),
    }
}

fn listed(names: &[&str]) -> Voices {
    Voices::Listed(names.iter().map(|&it| it.to_owned()).collect())
}

async fn with_voices(choices: Voices, api: Option<AgentApi>) -> Bench {
    bench(Options {
        voices: Some(VoiceMenu { choices, api }),
        ..options()
    })
    .await
}

impl Bench {
    async fn voices(&self) -> Value {
        let answer = self.get("/api/voices").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.json()["voices"].clone()
    }

    /// Requests a token with a voice, as the page does.
    async fn token_in(&self, voice: &Value) -> Answer {
        let metadata = json!({ "voice": voice }).to_string();
        let body = json!({"room_config": {"agents": [{"metadata": metadata}]}});
        self.token(&body, &[]).await
    }
}

#[tokio::test]
async fn a_visitor_chooses_from_the_voices_that_both_the_file_and_the_api_have() {
    let (api, _stop) = simulator().await;
    let bench = with_voices(listed(&["vera", "ivy", "alba"]), Some(api.clone())).await;
    assert_eq!(bench.voices().await, json!(["vera", "alba"]));
    let claims = bench.token_in(&json!("alba")).await.claims();
    let agents = claims.room_config.unwrap().agents;
    assert_eq!(agents[0].agent_name, "clerk");
    assert_eq!(agents[0].metadata, r#"{"voice":"alba"}"#);
    for voice in [json!("ivy"), json!("mary"), json!(["alba"]), json!(1)] {
        let refused = bench.token_in(&voice).await;
        assert_eq!(refused.status, 400, "{voice}");
        assert_eq!(refused.json()["error"], "this voice cannot be chosen");
    }
    assert_eq!(bench.token_in(&json!("")).await.status, 201);
    assert_eq!(bench.ask("POST /api/voices", &[], "").await.status, 405);

    let all = with_voices(Voices::All, Some(api)).await.voices().await;
    assert_eq!(all.as_array().unwrap().len(), 18);
}

#[tokio::test]
async fn without_a_list_from_the_api_the_voices_of_the_file_remain() {
    let (right, stop) = simulator().await;
    let wrong_key = api(&right.base_url, "wrong");
    stop.send(()).unwrap();
    let nobody = api("ws://127.0.0.1:9", "right");
    for api in [Some(wrong_key), Some(nobody), None] {
        let bench = with_voices(listed(&["ivy"]), api.clone()).await;
        assert_eq!(bench.voices().await, json!(["ivy"]));
        assert_eq!(bench.token_in(&json!("ivy")).await.status, 201);
        let all = with_voices(Voices::All, api).await;
        assert_eq!(all.voices().await, json!([]));
        assert_eq!(all.token_in(&json!("ivy")).await.status, 400);
    }
}

#[tokio::test]
async fn a_voice_cannot_be_chosen_unless_that_is_allowed() {
    let bench = bench(options()).await;
    assert_eq!(bench.voices().await, json!([]));
    for voice in [json!("alba"), json!({"name": "alba"})] {
        let refused = bench.token_in(&voice).await;
        assert_eq!(refused.status, 400);
        let why = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(why.contains("--voices"), "{why}");
    }
    // Metadata without a voice is passed on unchanged.
    let body = json!({"room_config": {"agents": [{"metadata": r#"{"order": 7}"#}]}});
    assert_eq!(bench.token(&body, &[]).await.status, 201);
}
