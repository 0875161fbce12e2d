//! Requests to the native core. The first one loads and starts it.

use std::future::Future;

use tokio::sync::oneshot;

use super::core::{self, Native};
use super::error::{FfiError, LoadError};
use super::router;
use crate::proto::{Ev, Req, Resp};

/// Loads and starts the core. Later calls return the result of the first one.
pub(crate) fn load() -> Result<&'static Native, &'static LoadError> {
    core::start(router::dispatch)
}

/// Sends a request and returns its immediate response.
pub(crate) fn request(message: Req) -> Result<Resp, FfiError> {
    load().map_err(FfiError::Unavailable)?;
    core::send(message)
}

/// Sends a request with a new id and waits for the event with that id.
///
/// The waiter is registered first, because the event may arrive before the response. Dropping the
/// future removes its waiter; a late event then releases the handles it owns.
pub(crate) fn request_async(
    build: impl FnOnce(u64) -> Req,
) -> impl Future<Output = Result<Ev, FfiError>> {
    let id = core::next_async_id();
    let request = build(id);
    async move {
        let (answer, answered) = oneshot::channel();
        let _waiter = router::wait(id, answer);
        self::request(request)?;
        answered
            .await
            .ok()
            .and_then(router::Delivery::take)
            .ok_or(FfiError::Closed)
    }
}
