//! A worker that is stopped during many calls.

use super::{ALONE, drained};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn thirteen_callers_hear_the_goodbye_and_no_report_is_lost() {
    let _alone = ALONE.lock().await;
    let left = drained::drain(13).await;
    left.print(13);
    left.is_whole(13);
}

/// Two cores cannot serve this many callers without loss, so the audio is not checked.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs twenty callers for a minute; run `make soak`"]
async fn no_report_of_twenty_callers_is_lost() {
    let _alone = ALONE.lock().await;
    let left = drained::drain(20).await;
    left.print(20);
    left.is_kept(20);
}
