//! The RPC method `parlor.hand_over`: the linked caller asks the agent to listen to another caller.
//! The conversation decides.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use livekit::prelude::RpcError;
use parking_lot::Mutex;
use parlor_core::conversation::HandOverRefusal;
use parlor_core::ids::Identity;
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Name of the RPC method.
const METHOD: &str = "parlor.hand_over";

/// Maximum number of queued requests; further ones are refused.
const WAITING: usize = 8;

/// Timeout for the answer of the conversation.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Maximum length of an identity, in bytes.
const LONGEST: usize = 512;

/// LiveKit's RPC error code for errors of the application.
const REFUSED: u32 = 1_500;

type Answer = Result<(), HandOverRefusal>;

/// A hand-over request.
pub(super) struct Request {
    pub(super) from: Identity,
    pub(super) to: Identity,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Requests that wait for an answer. The conversation answers them in the order it receives them.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(Arc<Mutex<VecDeque<oneshot::Sender<Answer>>>>);

#[derive(Deserialize)]
struct Payload {
    to: String,
}

impl Answers {
    /// Adds a request that is passed to the conversation.
    pub(super) fn wait(&self, answer: oneshot::Sender<Answer>) {
        self.0.lock().push_back(answer);
    }

    /// Answers the oldest waiting request.
    pub(super) fn give(&self, answer: Answer) {
        if let Some(waiting) = self.0.lock().pop_front() {
            // The caller may have stopped waiting.
            waiting.send(answer).ok();
        }
    }
}

/// Registers the RPC method; returns the requests.
pub(super) fn offer(room: &livekit::Room) -> mpsc::Receiver<Request> {
    let (asked, asked_out) = mpsc::channel(WAITING);
    let us = room.local_participant();
    us.register_rpc_method(METHOD.to_owned(), move |call| {
        let from = call.caller_identity.as_str().into();
        let asking = ask(asked.clone(), from, call.payload);
        Box::pin(async move {
            let answer = asking.await;
            answer.map_err(|why| RpcError::new(REFUSED, why, None))
        })
    });
    asked_out
}

async fn ask(
    asked: mpsc::Sender<Request>,
    from: Identity,
    payload: String,
) -> Result<String, String> {
    let payload: Option<Payload> = serde_json::from_str(&payload).ok();
    let Some(Payload { to }) = payload.filter(|it| it.to.len() <= LONGEST) else {
        return Err(r#"the payload must be {"to": "identity"}"#.to_owned());
    };
    let (answer, answered) = oneshot::channel();
    let to = to.as_str().into();
    let taken = asked.try_send(Request { from, to, answer });
    taken.map_err(|_full| "too many hand-over requests at once; try again later".to_owned())?;
    match timeout(ANSWER_WITHIN, answered).await {
        Ok(Ok(Ok(()))) => Ok(r#"{"ok":true}"#.to_owned()),
        Ok(Ok(Err(why))) => Err(why.to_string()),
        Ok(Err(_)) => Err(HandOverRefusal::Over.to_string()),
        Err(_elapsed) => Err("no answer in time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(payload: &str, answer: Option<Answer>) -> Result<String, String> {
        let (asked, mut asking) = mpsc::channel(1);
        let answers = Answers::default();
        let core = async {
            if let Some(Request {
                from,
                to,
                answer: it,
            }) = asking.recv().await
            {
                assert_eq!((from.as_str(), to.as_str()), ("ada", "bob"));
                answers.wait(it);
                if let Some(answer) = answer {
                    answers.give(answer);
                }
                drop(answers);
            }
        };
        let asking = ask(asked, "ada".into(), payload.to_owned());
        tokio::join!(asking, core).0
    }

    #[tokio::test(start_paused = true)]
    async fn the_caller_gets_the_answer_of_the_conversation() {
        let to_bob = r#"{"to":"bob"}"#;
        let ok = Ok(r#"{"ok":true}"#.to_owned());
        assert_eq!(asked(to_bob, Some(Ok(()))).await, ok);
        let why = HandOverRefusal::NoSuchCaller;
        assert_eq!(asked(to_bob, Some(Err(why))).await, Err(why.to_string()));
        let over = Err("the call is over".to_owned());
        assert_eq!(asked(to_bob, None).await, over);
        let long = format!(r#"{{"to":"{}"}}"#, "x".repeat(600));
        for wrong in ["", "bob", r#"{"from":"bob"}"#, &long] {
            assert!(
                asked(wrong, None)
                    .await
                    .is_err_and(|it| it.contains("payload"))
            );
        }
    }
}
