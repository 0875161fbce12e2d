//! Requests through a proxy.

use axum::extract::Request;
use axum::routing::any;
use parlor_core::secret::Secret;

use super::*;

/// A network behind a proxy that answers requests itself.
async fn behind_a_proxy(names: Arc<Names>) -> Network {
    let said = async |request: Request| {
        let login = request.headers().get("proxy-authorization");
        format!(
            "{} {}",
            request.uri(),
            login.map_or("-", |login| login.to_str().unwrap())
        )
    };
    let at = serve(Router::new().fallback(any(said))).await;
    let proxies = Proxies {
        http: Secret::new(format!("http://office:hunter2@{at}")),
        none_for: "direct.example".to_owned(),
        ..Proxies::default()
    };
    Network::with(&proxies, names, is_public).unwrap()
}

fn get_of(network: &Network, url: &str) -> HttpTool {
    tool_in(
        network,
        &format!("method = 'GET'\nretries = 0\nurl = '{url}'"),
    )
}

#[tokio::test]
async fn a_public_server_is_reached_through_the_proxy() {
    let names = Names::of(&[("shop.example", &["8.8.8.8"])]);
    let network = behind_a_proxy(names).await;
    let said = good(&get_of(&network, "http://shop.example/orders"), json!({})).await;
    assert_eq!(
        said,
        "http://shop.example/orders Basic b2ZmaWNlOmh1bnRlcjI="
    );
}

#[tokio::test]
async fn the_proxy_gets_no_requests_for_private_hosts() {
    let names = Names::of(&[
        ("both.example", &["8.8.8.8", "10.0.0.1"]),
        ("direct.example", &["127.0.0.1"]),
        ("inside.example", &["10.0.0.1"]),
    ]);
    let network = behind_a_proxy(names).await;
    let private = "the tool may not call this address: its host is in a private network";
    for host in ["both.example", "inside.example", "direct.example"] {
        let tool = get_of(&network, &format!("http://{host}/"));
        assert_eq!(why(&tool, json!({})).await, private, "{host}");
    }
    let unknown = get_of(&network, "http://nobody.example/");
    assert_eq!(
        why(&unknown, json!({})).await,
        "the service's host name cannot be resolved"
    );
    let allowed = "method = 'GET'\nallow_private = true\nurl = 'http://inside.example/'";
    let said = good(&tool_in(&network, allowed), json!({})).await;
    assert!(said.starts_with("http://inside.example/ "), "{said}");
}
