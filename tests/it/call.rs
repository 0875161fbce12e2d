//! Complete calls: the real socket, driver and playout with a scripted Voice Agent API over an
//! in-memory pipe, a scripted room, and a paused clock.

mod bench;

use std::time::Duration;

use parlor_core::conversation::{
    AgentState, BargeIn, Event, Outcome, RoomEnd, RoomEvent, SocketLoss,
};
use serde_json::json;
use tokio::time::{Instant, sleep};

use bench::{Bench, left, ramp};

const SECOND: usize = 24_000;

/// Longest time from a sample entering the playout queue to its arrival in the room.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

#[tokio::test(start_paused = true)]
async fn the_greeting_is_played_completely() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    let greeting = ramp(2 * SECOND, 1);
    call.start_reply("resp_1").await;
    call.speak("resp_1", &greeting).await;
    assert_eq!(call.state(), AgentState::Speaking);
    call.finish_reply("resp_1", "Hello.").await;
    sleep(ON_ITS_WAY).await;
    assert!(call.captured() == greeting);
    assert_eq!(call.state(), AgentState::Listening);
    assert_eq!(call.end().await, Outcome::CallerLeft);
}

#[tokio::test(start_paused = true)]
async fn caller_audio_reaches_the_api_unchanged() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    let said = ramp(3 * SECOND, 2);
    call.say(&said).await;
    assert!(call.hears(said.len()).await == said);
    assert_eq!(call.end().await, Outcome::CallerLeft);
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_silence_is_sent_like_speech() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    let silence = vec![0; 60 * SECOND];
    call.say(&silence).await;
    assert!(call.hears(silence.len()).await == silence);
    assert_eq!(call.end().await, Outcome::CallerLeft);
}

#[tokio::test(start_paused = true)]
async fn no_audio_follows_an_interruption_with_any_policy_and_message_order() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for policy in [BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed] {
        for order in orders {
            interrupted(policy, order).await;
        }
    }
}

async fn interrupted(policy: BargeIn, order: [usize; 3]) {
    let mut call = Bench::ready(policy).await;
    call.start_reply("resp_1").await;
    call.burst("resp_1", &vec![OLD; 20 * SECOND]).await;
    sleep(Duration::from_secs(3)).await;
    let messages = [
        json!({"type": "input.speech.started"}),
        json!({"type": "transcript.agent", "reply_id": "resp_1", "text": "Old", "interrupted": true}),
        json!({"type": "reply.done", "reply_id": "resp_1", "status": "interrupted"}),
    ];
    for index in order {
        call.send(&messages[index]).await;
    }
    // The real API, too, sends audio after an interruption.
    call.burst("resp_1", &vec![OLD; SECOND]).await;
    sleep(Duration::from_millis(50)).await;
    let before = call.captured().len();
    assert!(before < 4 * SECOND, "{policy:?} {order:?}: {before}");
    assert_eq!(call.state(), AgentState::Listening, "{policy:?} {order:?}");

    call.start_reply("resp_2").await;
    call.burst("resp_2", &vec![NEW; SECOND]).await;
    call.finish_reply("resp_2", "New").await;
    sleep(Duration::from_secs(2)).await;
    let after = call.captured().split_off(before);
    assert!(after == vec![NEW; SECOND], "{policy:?} {order:?}");
    assert_eq!(call.end().await, Outcome::CallerLeft);
}

const OLD: i16 = 1_000;
const NEW: i16 = 2_000;

#[tokio::test(start_paused = true)]
async fn a_minute_of_audio_sent_at_once_is_played_in_real_time() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    let minute = ramp(60 * SECOND, 3);
    let began = Instant::now();
    call.start_reply("resp_1").await;
    call.burst("resp_1", &minute).await;
    call.finish_reply("resp_1", "Long.").await;
    sleep(Duration::from_secs(30)).await;
    let played = call.captured().len();
    let elapsed = began.elapsed().as_secs_f64() * SECOND as f64;
    assert!(
        (played as f64 - elapsed).abs() < 0.2 * SECOND as f64,
        "{played}"
    );
    assert_eq!(call.state(), AgentState::Speaking);
    sleep(Duration::from_secs(31)).await;
    assert!(call.captured() == minute);
    assert_eq!(call.state(), AgentState::Listening);
    assert_eq!(call.end().await, Outcome::CallerLeft);
}

#[tokio::test(start_paused = true)]
async fn invalid_messages_in_between_are_ignored() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    let reply = ramp(SECOND, 4);
    call.start_reply("resp_1").await;
    call.speak("resp_1", &reply[..SECOND / 2]).await;
    call.send_text("{\"type\":").await;
    call.send_text("[1, 2]").await;
    call.send(&json!({"type": "reply.audio", "reply_id": "resp_1", "data": "?!"}))
        .await;
    call.send(&json!({"type": "session.weather", "rain": true}))
        .await;
    call.send(&json!({"type": "session.updated", "x": "x".repeat(2 << 20)}))
        .await;
    call.speak("resp_1", &reply[SECOND / 2..]).await;
    call.finish_reply("resp_1", "Whole.").await;
    sleep(ON_ITS_WAY).await;
    assert!(call.captured() == reply);
    assert_eq!(call.end().await, Outcome::CallerLeft);
}

#[tokio::test(start_paused = true)]
async fn a_second_caller_takes_over_when_the_first_leaves() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    call.joins("grace").await;
    call.room.send(left("ada")).await.unwrap();
    sleep(Duration::from_millis(10)).await;
    assert_eq!(call.listens_to().as_deref(), Some("grace"));
    let said = ramp(SECOND, 5);
    call.say(&said).await;
    assert!(call.hears(said.len()).await == said);
    call.room.send(left("grace")).await.unwrap();
    assert_eq!(call.outcome().await, Outcome::CallerLeft);
}

#[tokio::test(start_paused = true)]
async fn a_lost_room_still_ends_the_voice_session() {
    let call = Bench::ready(BargeIn::Immediate).await;
    let lost = RoomEvent::Ended(RoomEnd::ConnectionLost);
    call.room.send(Event::Room(lost)).await.unwrap();
    assert_eq!(call.outcome().await, Outcome::Room(RoomEnd::ConnectionLost));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_session_ends_the_call_with_the_error_code() {
    let mut call = Bench::connected(BargeIn::Immediate).await;
    let error = json!({"type": "session.error", "code": "invalid_value", "message": "no such voice", "param": "output.voice"});
    call.send(&error).await;
    match call.call.await.unwrap() {
        Outcome::AgentRejected(error) => {
            assert_eq!(
                (error.code.as_str(), error.param.as_deref()),
                ("invalid_value", Some("output.voice"))
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_socket_ends_the_call_if_reconnecting_takes_too_long() {
    let call = Bench::ready(BargeIn::Immediate).await;
    let began = Instant::now();
    let gone = SocketLoss::Unreachable("gone".to_owned());
    assert_eq!(call.hung_up().await, Outcome::AgentLost(gone));
    let tried_for = began.elapsed();
    assert!(tried_for > Duration::from_secs(2) && tried_for < Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_end_when_asked_is_closed_after_a_timeout() {
    let mut call = Bench::ready(BargeIn::Immediate).await;
    let began = Instant::now();
    call.room.send(left("ada")).await.unwrap();
    call.ends().await;
    assert_eq!(call.call.await.unwrap(), Outcome::CallerLeft);
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}
