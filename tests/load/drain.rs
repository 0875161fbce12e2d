//! A worker that has to end while it makes many calls.

use super::{ALONE, drained};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "on a quiet machine: make soak"]
async fn thirteen_callers_hear_the_goodbye_and_every_report_is_whole() {
    let _alone = ALONE.lock().await;
    let left = drained::drain(13).await;
    left.print(13);
    left.is_whole(13);
}

/// More callers than two cores carry may miss a part of what they hear.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "twenty callers for a minute: make soak"]
async fn of_twenty_callers_every_report_is_whole() {
    let _alone = ALONE.lock().await;
    let left = drained::drain(20).await;
    left.print(20);
    left.is_kept(20);
}
