//! RPC methods that remote participants can call.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use livekit_rpc::api::{RpcError, RpcErrorCode, RpcInvocationData};
use parking_lot::Mutex;
use tokio::runtime;

use super::session::Session;
use crate::ffi::{self, Req};
use crate::proto;

/// Handler of an RPC method.
pub(crate) type Handler = dyn Fn(RpcInvocationData) -> Pin<Box<dyn Future<Output = Result<String, RpcError>> + Send>>
    + Send
    + Sync;

/// All registered methods, by the handle of the local participant and the method name.
static METHODS: LazyLock<Mutex<HashMap<(u64, String), Method>>> = LazyLock::new(Mutex::default);

#[derive(Clone)]
struct Method {
    runtime: runtime::Handle,
    handler: Arc<Handler>,
}

impl Session {
    /// Registers the handler of an RPC method. Its futures run on the current Tokio runtime.
    pub(crate) fn register_rpc(&self, method: String, handler: Arc<Handler>) {
        let Ok(local_participant_handle) = self.local_participant() else {
            return;
        };
        let registered = Method {
            runtime: runtime::Handle::current(),
            handler,
        };
        METHODS
            .lock()
            .insert((local_participant_handle, method.clone()), registered);
        ffi::on_rpc(invoke);
        let request = proto::RegisterRpcMethodRequest {
            local_participant_handle,
            method,
        };
        if let Err(error) = ffi::request(Req::RegisterRpcMethod(request)) {
            tracing::warn!(target: "livekit", %error, "failed to register an RPC method");
        }
    }

    /// Removes all handlers of a local participant, because the room has ended.
    pub(super) fn forget_rpc(local_participant: u64) {
        METHODS
            .lock()
            .retain(|(participant, _), _| *participant != local_participant);
    }
}

/// Dispatches an invocation to its handler. Called on a thread of the core, so it spawns the
/// handler on the Tokio runtime of the registration.
fn invoke(call: proto::RpcMethodInvocationEvent) {
    let method = METHODS
        .lock()
        .get(&(call.local_participant_handle, call.method.clone()))
        .cloned();
    let reply = Reply {
        participant: call.local_participant_handle,
        invocation: call.invocation_id,
    };
    let Some(method) = method else {
        return reply.send(Err(RpcError::built_in(
            RpcErrorCode::UnsupportedMethod,
            None,
        )));
    };
    let data = RpcInvocationData {
        request_id: call.request_id,
        caller_identity: call.caller_identity.into(),
        payload: call.payload,
        response_timeout: Duration::from_millis(call.response_timeout_ms.into()),
    };
    let handler = method.handler;
    method.runtime.spawn(async move {
        let answer = AssertUnwindSafe(async { handler(data).await })
            .catch_unwind()
            .await;
        reply.send(
            answer
                .unwrap_or_else(|_| Err(RpcError::built_in(RpcErrorCode::ApplicationError, None))),
        );
    });
}

/// Destination of a handler's response.
struct Reply {
    participant: u64,
    invocation: u64,
}

impl Reply {
    fn send(self, answer: Result<String, RpcError>) {
        let (payload, error) = match answer {
            Ok(payload) => (Some(payload), None),
            Err(error) => (
                None,
                Some(proto::RpcError {
                    code: error.code,
                    message: error.message,
                    data: error.data,
                }),
            ),
        };
        let response = proto::RpcMethodInvocationResponseRequest {
            local_participant_handle: self.participant,
            invocation_id: self.invocation,
            payload,
            error,
        };
        if let Err(error) = ffi::request(Req::RpcMethodInvocationResponse(response)) {
            tracing::debug!(target: "livekit", %error, "failed to answer an RPC: its caller has left");
        }
    }
}
