//! The playout task with a scripted room, on a paused clock.

use std::time::Duration;

use parlor_core::audio::{Frame, duration_of};
use parlor_core::conversation::{Event, PlayoutEvent, Utterance};
use parlor_livekit::room::Playout;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::speaker::Room;

const OLD: i16 = 1_000;
const NEW: i16 = 2_000;

fn start() -> (Playout, Room, mpsc::Receiver<Event>) {
    let (playout, room) = (Playout::default(), Room::default());
    let (reports, reports_out) = mpsc::channel(16);
    tokio::spawn(playout.clone().run(room.clone(), reports));
    (playout, room, reports_out)
}

/// The next report that is not a progress report.
async fn next(reports: &mut mpsc::Receiver<Event>) -> PlayoutEvent {
    loop {
        match reports.recv().await {
            Some(Event::Playout(PlayoutEvent::Progress { .. })) => {}
            Some(Event::Playout(report)) => return report,
            other => panic!("{other:?}"),
        }
    }
}

fn frame(level: i16, milliseconds: usize) -> Frame {
    Frame::new(vec![level; milliseconds * 24])
}

#[tokio::test(start_paused = true)]
async fn audio_is_sent_to_the_room_in_real_time() {
    let (playout, room, mut reports) = start();
    let began = Instant::now();
    playout.push(Utterance(1), frame(OLD, 1_000)).unwrap();
    let audible = PlayoutEvent::Audible {
        utterance: Utterance(1),
    };
    assert_eq!(next(&mut reports).await, audible);
    sleep(Duration::from_millis(500)).await;
    let handed = duration_of(room.0.lock().captured.len());
    assert!(
        handed <= Duration::from_millis(580),
        "{handed:?} handed over after 0.5 s"
    );
    let drained = PlayoutEvent::Drained {
        utterance: Utterance(1),
        played: Duration::from_secs(1),
    };
    assert_eq!(next(&mut reports).await, drained);
    assert_eq!(began.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn no_old_audio_follows_a_flush() {
    let (playout, room, mut reports) = start();
    playout.push(Utterance(1), frame(OLD, 10_000)).unwrap();
    reports.recv().await.unwrap();
    sleep(Duration::from_millis(305)).await;
    playout.flush();
    playout.push(Utterance(2), frame(NEW, 500)).unwrap();
    let flushed_at = Instant::now();
    let PlayoutEvent::Flushed { utterance, played } = next(&mut reports).await else {
        panic!("a flush is reported first");
    };
    assert_eq!(utterance, Utterance(1));
    assert!(played <= Duration::from_millis(305), "{played:?}");
    sleep(Duration::from_secs(1)).await;
    let buffer = room.0.lock();
    assert_eq!(buffer.cleared.first(), Some(&flushed_at), "cleared at once");
    let first_new = buffer
        .captured
        .iter()
        .position(|sample| *sample == NEW)
        .unwrap();
    assert!(
        buffer.captured[first_new..]
            .iter()
            .all(|sample| *sample == NEW)
    );
    assert_eq!(buffer.captured.len() - first_new, 500 * 24);
}

#[tokio::test(start_paused = true)]
async fn silence_is_reported_once_the_native_buffer_is_empty() {
    let (playout, room, mut reports) = start();
    playout.push(Utterance(1), frame(OLD, 10_000)).unwrap();
    reports.recv().await.unwrap();
    sleep(Duration::from_millis(305)).await;
    playout.flush();
    let flushed_at = Instant::now();
    let flushed = next(&mut reports).await;
    assert!(
        matches!(flushed, PlayoutEvent::Flushed { .. }),
        "{flushed:?}"
    );
    let PlayoutEvent::Silent { at } = next(&mut reports).await else {
        panic!("the end of the flush is reported");
    };
    sleep(Duration::from_secs(1)).await;
    let buffer = room.0.lock();
    // A slice that was waiting for space in the buffer is cleared as well.
    assert_eq!(buffer.cleared.last().map(|it| it.into_std()), Some(at));
    assert!(at > flushed_at.into_std(), "a slice was on its way");
    assert!(Instant::from_std(at) - flushed_at <= Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_its_call() {
    let (playout, room) = (Playout::default(), Room::default());
    let (reports, reports_out) = mpsc::channel(16);
    let task = tokio::spawn(playout.run(room, reports));
    drop(reports_out);
    task.await.unwrap();
}
