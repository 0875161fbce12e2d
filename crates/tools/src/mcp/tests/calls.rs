//! Tool calls, and how they end.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_is_answered() {
    let mut kept = kept("prefix = \"x_\"");
    let annotations = json!({"readOnlyHint": true, "idempotentHint": false});
    let schema = json!({"$schema": "s", "type": "object", "properties": {}});
    let find = json!({"name": "find.it", "description": "finds", "inputSchema": schema, "annotations": annotations});
    let mut peer = kept.accept(json!([find])).await;
    kept.offers(&["x_find_it"]).await;
    let tool = kept.servers.tools().borrow()[0].clone();
    assert_eq!((tool.read_only, tool.idempotent), (Some(true), Some(false)));
    assert_eq!((&*tool.description, &*tool.server), ("finds", "peer"));
    let args = Map::from_iter([("what".to_owned(), json!("soup"))]);
    let serving = async {
        let call = peer.expect("tools/call").await;
        assert_eq!(call["params"]["name"], "find.it");
        assert_eq!(call["params"]["arguments"], json!({"what": "soup"}));
        let content = json!([{"type": "text", "text": "none left"}]);
        peer.answer(&call, json!({"content": content, "isError": true}))
            .await;
    };
    let (answer, ()) = tokio::join!(kept.servers.call("x_find_it", args, soon(60)), serving);
    assert_eq!(
        (answer.text.reveal().as_str(), answer.is_error),
        ("none left", true)
    );
    let answer = kept.servers.call("find.it", Map::new(), soon(60)).await;
    assert!(answer.is_error, "only the name for the model can be called");
}

#[tokio::test(start_paused = true)]
async fn errors_are_passed_on() {
    let mut kept = kept("");
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let serving = async {
        let call = peer.expect("tools/call").await;
        peer.refuse(&call, "what must be a dish").await;
    };
    let (answer, ()) = tokio::join!(kept.find(), serving);
    assert_eq!(
        answer,
        (r#"{"error":"what must be a dish"}"#.to_owned(), true)
    );
}

#[tokio::test(start_paused = true)]
async fn a_running_tool_call_fails_when_the_connection_is_lost() {
    let mut kept = kept("");
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let serving = async move {
        peer.expect("tools/call").await;
    };
    let before = Instant::now();
    let ((text, is_error), ()) = tokio::join!(kept.find(), serving);
    assert!(is_error && text.contains("not known"), "{text}");
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_cancels_the_tool_call_at_the_server() {
    let mut kept = kept("timeout = 2");
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let serving = async {
        let call = peer.expect("tools/call").await;
        let cancelled = peer.expect("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], call["id"]);
        // The cancellation may have crossed the answer.
        peer.answer(&call, json!({"content": []})).await;
        let ping = peer.expect("ping").await;
        peer.answer(&ping, json!({})).await;
    };
    let before = Instant::now();
    let ((text, is_error), ()) = tokio::join!(kept.find(), serving);
    assert!(is_error && text.contains("in time"), "{text}");
    assert_eq!(before.elapsed().as_secs(), 2);
    kept.offers(&["find"]).await;
}

#[tokio::test(start_paused = true)]
async fn dropping_a_tool_call_cancels_it_at_the_server() {
    let mut kept = kept("");
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let call = tokio::select! {
        _ = kept.find() => unreachable!("nobody answers it"),
        call = peer.expect("tools/call") => call,
    };
    let cancelled = peer.expect("notifications/cancelled").await;
    assert_eq!(cancelled["params"]["requestId"], call["id"]);
}
