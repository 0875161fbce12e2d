//! RPCs between participants.

use std::time::Duration;

use livekit_dylib::prelude::*;

use crate::support::{Member, Server, pair, run};

#[test]
fn rpcs_are_answered_in_both_directions() {
    run(async {
        let server = Server::start().await;
        let (alice, bob) = pair(&server, "calls").await;
        for (callee, caller) in [(&alice, &bob), (&bob, &alice)] {
            let (me, who) = (
                callee.room.local_participant(),
                caller.room.local_participant().identity(),
            );
            me.register_rpc_method("echo".into(), move |call| {
                assert_eq!(call.caller_identity, who);
                Box::pin(async move { Ok(call.payload.to_uppercase()) })
            });
            let data = PerformRpcData::new(me.identity().as_str(), "echo").with_payload("grüß");
            assert_eq!(
                caller
                    .room
                    .local_participant()
                    .perform_rpc(data)
                    .await
                    .unwrap(),
                "GRÜSS"
            );
        }
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn failed_rpcs_return_their_error_codes() {
    run(async {
        let server = Server::start().await;
        let (alice, bob) = pair(&server, "failures").await;
        let me = alice.room.local_participant();
        me.register_rpc_method("own".into(), |_| {
            Box::pin(async { Err(RpcError::new(4711, "mine".into(), Some("data".into()))) })
        });
        me.register_rpc_method("panics".into(), |_| {
            Box::pin(async { panic!("a handler's bug") })
        });
        me.register_rpc_method("panics early".into(), |_| panic!("a handler's bug"));
        me.register_rpc_method("slow".into(), |_| Box::pin(std::future::pending()));

        let own = call(&bob, "own").await.unwrap_err();
        assert_eq!(
            (own.code, own.message.as_str(), own.data.as_deref()),
            (4711, "mine", Some("data"))
        );
        assert_eq!(
            call(&bob, "panics").await.unwrap_err().code,
            RpcErrorCode::ApplicationError as u32
        );
        assert_eq!(
            call(&bob, "panics early").await.unwrap_err().code,
            RpcErrorCode::ApplicationError as u32
        );
        assert_eq!(
            call(&bob, "unknown").await.unwrap_err().code,
            RpcErrorCode::UnsupportedMethod as u32
        );
        assert_eq!(
            call(&bob, "slow").await.unwrap_err().code,
            RpcErrorCode::ResponseTimeout as u32
        );
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn the_end_of_the_room_ends_a_pending_rpc() {
    run(async {
        let server = Server::start().await;
        let (alice, bob) = pair(&server, "cut").await;
        let (called, was_called) = tokio::sync::oneshot::channel();
        let called = std::sync::Mutex::new(Some(called));
        alice
            .room
            .local_participant()
            .register_rpc_method("slow".into(), move |_| {
                let called = called.lock().unwrap().take();
                Box::pin(async move {
                    called.unwrap().send(()).unwrap();
                    std::future::pending().await
                })
            });
        let data =
            PerformRpcData::new("alice", "slow").with_response_timeout(Duration::from_secs(60));
        let caller = bob.room.local_participant();
        let call = tokio::spawn(async move { caller.perform_rpc(data).await });
        was_called.await.unwrap();
        bob.leave().await;
        let error = tokio::time::timeout(Duration::from_secs(5), call)
            .await
            .unwrap()
            .unwrap()
            .unwrap_err();
        assert!(error.code >= 1400, "{error:?}");
        alice.leave().await;
    });
}

/// Calls a method of `alice` with a short timeout.
async fn call(caller: &Member, method: &str) -> Result<String, RpcError> {
    let data = PerformRpcData::new("alice", method).with_response_timeout(Duration::from_secs(8));
    caller.room.local_participant().perform_rpc(data).await
}
