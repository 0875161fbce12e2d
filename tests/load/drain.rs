//! A worker that has to end while it makes many calls.

use super::{ALONE, drained};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "twenty callers for a minute: make soak"]
async fn twenty_callers_hear_the_goodbye_and_every_report_is_whole() {
    let _alone = ALONE.lock().await;
    let left = drained::drain(20).await;
    left.print(20);
    left.is_whole(20);
}
