#![allow(
    clippy::disallowed_methods,
    reason = "tests take any time as the start"
)]

use super::*;
use crate::backoff::Random;

const SECOND: Duration = Duration::from_secs(1);

fn bytes(message: signal_response::Message) -> Vec<u8> {
    proto::SignalResponse {
        message: Some(message),
    }
    .encode_to_vec()
}

fn join(interval: i32, timeout: i32) -> Vec<u8> {
    bytes(signal_response::Message::Join(proto::JoinResponse {
        ping_interval: interval,
        ping_timeout: timeout,
        ..proto::JoinResponse::default()
    }))
}

fn sent(signal: &mut Signal) -> Vec<signal_request::Message> {
    std::iter::from_fn(|| signal.poll_transmit())
        .map(|bytes| {
            proto::SignalRequest::decode(&bytes[..])
                .unwrap()
                .message
                .unwrap()
        })
        .collect()
}

fn mute(sid: &str) -> signal_request::Message {
    signal_request::Message::Mute(proto::MuteTrackRequest {
        sid: sid.into(),
        muted: true,
    })
}

#[test]
fn a_server_that_does_not_answer_the_join_is_overdue() {
    let start = Instant::now();
    let mut signal = Signal::new(start);
    assert_eq!(signal.poll_timeout(), None);
    signal.opened(start);
    assert_eq!(signal.poll_timeout(), Some(start + JOIN_TIMEOUT));
    assert_eq!(signal.handle_timeout(start + SECOND), None);
    let overdue = signal.handle_timeout(start + JOIN_TIMEOUT);
    assert_eq!(overdue, Some(Overdue::Answer));
}

#[test]
fn pings_are_sent_in_the_interval_of_the_server_and_silence_ends_it() {
    let start = Instant::now();
    let mut signal = Signal::new(start);
    signal.opened(start);
    let joined = signal.handle_message(start, &join(5, 15)).unwrap();
    assert!(matches!(joined, Some(Event::Joined(_))));
    for ping in 1..=2 {
        let now = start + 5 * ping * SECOND;
        assert_eq!(signal.poll_timeout(), Some(now));
        assert_eq!(signal.handle_timeout(now), None);
        let expected = proto::Ping {
            timestamp: i64::from(5_000 * ping),
            rtt: 0,
        };
        assert_eq!(
            sent(&mut signal),
            [signal_request::Message::PingReq(expected)]
        );
    }
    let overdue = signal.handle_timeout(start + 15 * SECOND);
    assert_eq!(overdue, Some(Overdue::Ping));
}

#[test]
fn any_message_keeps_the_connection_and_a_pong_gives_the_round_trip_time() {
    let start = Instant::now();
    let mut signal = Signal::new(start);
    signal.opened(start);
    signal.handle_message(start, &join(5, 15)).unwrap();
    let now = start + 14 * SECOND;
    let pong = proto::Pong {
        last_ping_timestamp: 13_970,
        timestamp: 0,
    };
    let pong = bytes(signal_response::Message::PongResp(pong));
    assert_eq!(signal.handle_message(now, &pong).unwrap(), None);
    assert_eq!(signal.rtt(), Duration::from_millis(30));
    assert_eq!(signal.handle_timeout(start + 20 * SECOND), None);
    let overdue = signal.handle_timeout(now + 15 * SECOND);
    assert_eq!(overdue, Some(Overdue::Ping));
}

#[test]
fn a_server_without_pings_has_no_deadline() {
    let start = Instant::now();
    let mut signal = Signal::new(start);
    signal.opened(start);
    signal.handle_message(start, &join(0, 0)).unwrap();
    assert_eq!(signal.poll_timeout(), None);
}

#[test]
fn requests_wait_until_the_session_is_established_and_keep_their_order() {
    let start = Instant::now();
    let mut signal = Signal::new(start);
    signal.send(mute("a"));
    signal.opened(start);
    signal.send(mute("b"));
    signal.handle_message(start, &join(5, 15)).unwrap();
    let offer = signal_request::Message::Offer(proto::SessionDescription::default());
    signal.send(offer.clone());
    assert_eq!(sent(&mut signal), [offer]);
    signal.release();
    signal.send(mute("c"));
    assert_eq!(sent(&mut signal), ["a", "b", "c"].map(mute));
}

#[test]
fn the_oldest_held_request_is_dropped_and_counted() {
    let mut signal = Signal::new(Instant::now());
    for at in 0..=MAX_HELD_REQUESTS {
        signal.send(mute(&at.to_string()));
    }
    assert_eq!(signal.dropped(), 1);
    signal.opened(Instant::now());
    signal.handle_message(Instant::now(), &join(5, 15)).unwrap();
    signal.release();
    assert_eq!(sent(&mut signal)[0], mute("1"));
}

#[test]
fn messages_before_the_answer_are_ignored_but_a_leave_is_not() {
    let start = Instant::now();
    let mut signal = Signal::new(start);
    signal.opened(start);
    let token = bytes(signal_response::Message::RefreshToken("t".into()));
    assert_eq!(signal.handle_message(start, &token).unwrap(), None);
    let leave = proto::LeaveRequest {
        can_reconnect: true,
        ..proto::LeaveRequest::default()
    };
    let leave = bytes(signal_response::Message::Leave(leave));
    let expected = Leave {
        action: proto::leave_request::Action::Reconnect,
        reason: proto::DisconnectReason::UnknownReason,
    };
    let event = signal.handle_message(start, &leave).unwrap();
    assert_eq!(event, Some(Event::Leave(expected)));
}

#[test]
fn request_identifiers_are_never_zero() {
    let mut signal = Signal::new(Instant::now());
    signal.last_request = u32::MAX;
    assert_eq!(signal.next_request_id(), 1);
}

#[test]
fn oversized_messages_and_sections_are_limited() {
    let now = Instant::now();
    let mut signal = Signal::new(now);
    let long = vec![0; MAX_SIGNAL_MESSAGE + 1];
    assert_eq!(
        signal.handle_message(now, &long),
        Err(Error::TooLong(MAX_SIGNAL_MESSAGE + 1))
    );
    signal.opened(now);
    signal
        .handle_message(now, &join(i32::MAX, i32::MAX))
        .unwrap();
    let needed = proto::MediaSectionsRequirement {
        num_audios: u32::MAX,
        num_videos: 1,
    };
    let needed = bytes(signal_response::Message::MediaSectionsRequirement(needed));
    let expected = Event::Sections {
        audio: crate::limits::MAX_SECTIONS,
        video: 1,
    };
    assert_eq!(signal.handle_message(now, &needed).unwrap(), Some(expected));
}

#[test]
fn random_bytes_never_panic() {
    let now = Instant::now();
    let mut random = Random::new(14);
    let valid = join(5, 15);
    for _ in 0..20_000 {
        let mut signal = Signal::new(now);
        signal.opened(now);
        signal.handle_message(now, &valid).unwrap();
        let length = (random.next() % 200) as usize;
        let mut noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        // A valid tag first, so that decoding goes deeper.
        if let Some(first) = noise.first_mut() {
            *first = ((random.next() % 31) as u8) << 3 | 2;
        }
        let _ = signal.handle_message(now, &noise);
    }
}
