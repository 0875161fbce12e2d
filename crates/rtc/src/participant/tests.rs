#![allow(
    clippy::disallowed_methods,
    reason = "tests take any time as the start"
)]

use std::time::Duration;

use livekit_protocol::signal_response;
use prost::Message as _;

use super::*;
use crate::limits::{DIAL_TIMEOUT, JOIN_TIMEOUT, TRANSPORT_TIMEOUT};

const LOCAL: LocalAddresses = LocalAddresses {
    publisher: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5_000),
    subscriber: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5_001),
};

/// A participant and a clock in the test's hand.
struct Room {
    participant: Participant,
    now: Instant,
    dials: Vec<Dial>,
    requests: Vec<signal_request::Message>,
    events: Vec<Event>,
    hangups: usize,
}

impl Room {
    fn join(options: Options) -> Self {
        let now = Instant::now();
        let mut room = Self {
            participant: Participant::join("ws://server", "token", options, now),
            now,
            dials: Vec::new(),
            requests: Vec::new(),
            events: Vec::new(),
            hangups: 0,
        };
        room.drain();
        room
    }

    fn drain(&mut self) {
        while let Some(output) = self.participant.poll_output() {
            match output {
                Output::Dial(dial) => self.dials.push(dial),
                Output::Signal(bytes) => {
                    let request = proto::SignalRequest::decode(&bytes[..]).unwrap();
                    self.requests.push(request.message.unwrap());
                }
                Output::Hangup => self.hangups += 1,
                Output::Event(event) => self.events.push(event),
                Output::Transmit(..) | Output::Rtp(_) => {}
            }
        }
    }

    fn link(&self) -> u64 {
        self.dials.last().unwrap().link
    }

    fn open(&mut self) {
        self.participant
            .handle_dialled(self.now, self.link(), LOCAL);
        self.drain();
    }

    fn fail(&mut self, failure: Failure) {
        let link = self.link();
        self.participant.handle_dial_failed(self.now, link, failure);
        self.drain();
    }

    fn say(&mut self, message: signal_response::Message) {
        let response = proto::SignalResponse {
            message: Some(message),
        };
        let link = self.link();
        let bytes = response.encode_to_vec();
        self.participant.handle_signal(self.now, link, &bytes);
        self.drain();
    }

    fn say_join(&mut self) {
        self.say(signal_response::Message::Join(proto::JoinResponse {
            participant: Some(participant("PA_me", "me", &[])),
            ping_interval: 5,
            ping_timeout: 15,
            ..proto::JoinResponse::default()
        }));
    }

    /// As if the media were connected, which needs a server.
    fn connect(&mut self) {
        self.open();
        self.say_join();
        self.participant.phase = Phase::Connected;
        self.participant.announced = true;
        self.participant.signal.release();
    }

    /// Lets time pass, deadline after deadline.
    fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(at) = self.participant.poll_timeout().filter(|at| *at <= until) {
            assert!(at >= self.now || at + Duration::from_secs(1) > self.now);
            self.now = self.now.max(at);
            self.participant.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn end(&self) -> Option<&Disconnected> {
        match self.events.last() {
            Some(Event::Disconnected(end)) => Some(end),
            _ => None,
        }
    }
}

fn participant(sid: &str, identity: &str, tracks: &[&str]) -> proto::ParticipantInfo {
    let track = |sid: &&str| proto::TrackInfo {
        sid: (*sid).to_owned(),
        ..proto::TrackInfo::default()
    };
    proto::ParticipantInfo {
        sid: sid.into(),
        identity: identity.into(),
        tracks: tracks.iter().map(track).collect(),
        ..proto::ParticipantInfo::default()
    }
}

fn update(participants: Vec<proto::ParticipantInfo>) -> signal_response::Message {
    signal_response::Message::Update(proto::ParticipantUpdate { participants })
}

fn dual() -> Options {
    Options {
        single_peer_connection: false,
        ..Options::default()
    }
}

#[test]
fn the_join_carries_offer_and_tracks_and_falls_back_to_dual() {
    let options = Options {
        tracks: vec![TrackOptions::microphone("m")],
        ..Options::default()
    };
    let mut room = Room::join(options);
    assert!(
        room.dials[0]
            .url
            .starts_with("ws://server/rtc/v1?join_request=")
    );
    assert!(room.dials[0].single);
    room.fail(Failure::Status(404));
    assert!(room.dials[1].url.starts_with("ws://server/rtc?sdk=rust"));
    room.open();
    room.say_join();
    let adds = |m: &&signal_request::Message| matches!(m, signal_request::Message::AddTrack(_));
    assert_eq!(room.requests.iter().filter(adds).count(), 1);
    let offers = |m: &&signal_request::Message| matches!(m, signal_request::Message::Offer(_));
    assert_eq!(room.requests.iter().filter(offers).count(), 1);
}

#[test]
fn a_join_is_tried_as_often_as_wanted() {
    let mut room = Room::join(Options::default());
    for attempt in 1..=3 {
        assert_eq!(room.dials.len(), attempt);
        assert_eq!(room.end(), None);
        room.fail(Failure::Dial("refused".into()));
        room.pass(Duration::from_secs(1));
    }
    let end = room.end().unwrap();
    assert_eq!(end.reason, proto::DisconnectReason::JoinFailure);
    assert_eq!(end.failure, Some(Failure::Dial("refused".into())));
    assert_eq!(room.participant.poll_timeout(), None);
}

#[test]
fn a_refused_token_ends_the_join_at_once() {
    let mut room = Room::join(Options::default());
    room.fail(Failure::Status(401));
    assert_eq!(room.end().unwrap().failure, Some(Failure::Status(401)));
}

#[test]
fn every_step_of_a_join_has_a_deadline() {
    for (steps, timeout, expected) in [
        (0, DIAL_TIMEOUT, Failure::Dial("timed out".into())),
        (1, JOIN_TIMEOUT, Failure::Answer),
        (2, TRANSPORT_TIMEOUT, Failure::Transport),
    ] {
        let mut options = dual();
        options.join_attempts = 1;
        let mut room = Room::join(options);
        if steps > 0 {
            room.open();
        }
        if steps > 1 {
            room.say_join();
            // The server keeps answering pings.
            for _ in 0..2 {
                room.pass(Duration::from_secs(7));
                room.say(update(Vec::new()));
            }
            room.pass(Duration::from_millis(500));
        } else {
            room.pass(timeout - Duration::from_millis(1));
        }
        assert_eq!(room.end(), None);
        room.pass(Duration::from_millis(501));
        assert_eq!(room.end().unwrap().failure, Some(expected));
    }
}

#[test]
fn a_lost_signal_is_resumed_and_then_joined_anew() {
    let mut room = Room::join(dual());
    room.connect();
    let link = room.link();
    room.participant.handle_signal_closed(room.now, link);
    room.drain();
    assert_eq!(room.events, [Event::Reconnecting]);
    let url = &room.dials.last().unwrap().url;
    assert!(
        url.contains("reconnect=1&sid=PA_me&reconnect_reason=1"),
        "{url}"
    );
    room.fail(Failure::Status(404));
    let url = &room.dials.last().unwrap().url;
    assert!(!url.contains("reconnect=1"), "{url}");
}

#[test]
fn reconnecting_ends_after_its_deadline_and_not_before() {
    let mut room = Room::join(dual());
    room.connect();
    let (start, link) = (room.now, room.link());
    room.participant.handle_signal_closed(room.now, link);
    room.drain();
    while room.end().is_none() {
        room.fail(Failure::Dial("unreachable".into()));
        room.pass(Duration::from_secs(8));
        assert!(room.now - start < Duration::from_secs(80));
    }
    assert!(
        room.now - start >= Duration::from_secs(48),
        "{:?}",
        room.now - start
    );
    let resumes = room
        .dials
        .iter()
        .filter(|dial| dial.url.contains("reconnect=1"));
    assert!((2..8).contains(&resumes.count()));
    let end = room.end().unwrap();
    assert_eq!(end.reason, proto::DisconnectReason::SignalClose);
}

#[test]
fn silence_of_the_server_is_noticed() {
    let mut room = Room::join(dual());
    room.connect();
    room.pass(Duration::from_millis(14_900));
    assert_eq!(room.events, []);
    room.pass(Duration::from_millis(200));
    assert_eq!(room.events, [Event::Reconnecting]);
}

#[test]
fn inputs_of_a_former_link_are_ignored() {
    let mut room = Room::join(dual());
    room.connect();
    let former = room.link();
    room.participant.handle_signal_closed(room.now, former);
    room.drain();
    room.participant.handle_dialled(room.now, former, LOCAL);
    room.participant.handle_signal_closed(room.now, former);
    room.participant.handle_signal(room.now, former, b"noise");
    room.participant
        .handle_dial_failed(room.now, former, Failure::Status(401));
    room.drain();
    assert_eq!(room.events, [Event::Reconnecting]);
}

#[test]
fn a_leave_says_what_to_do() {
    use leave_request::Action;
    for (action, expected) in [
        (Action::Resume, "reconnect=1"),
        (Action::Reconnect, "auto_subscribe=1"),
    ] {
        let mut room = Room::join(dual());
        room.connect();
        room.say(signal_response::Message::Leave(proto::LeaveRequest {
            action: action.into(),
            ..proto::LeaveRequest::default()
        }));
        assert_eq!(room.events, [Event::Reconnecting]);
        assert!(room.dials.last().unwrap().url.contains(expected));
    }
    let mut room = Room::join(dual());
    room.connect();
    room.say(signal_response::Message::Leave(proto::LeaveRequest {
        reason: proto::DisconnectReason::RoomDeleted.into(),
        ..proto::LeaveRequest::default()
    }));
    let end = room.end().unwrap();
    assert_eq!(end.reason, proto::DisconnectReason::RoomDeleted);
    assert_eq!(room.hangups, 1);
}

#[test]
fn leaving_tells_the_server() {
    let mut room = Room::join(dual());
    room.connect();
    room.participant.leave(room.now);
    room.drain();
    assert!(matches!(
        room.requests.last(),
        Some(signal_request::Message::Leave(_))
    ));
    let end = room.end().unwrap();
    assert_eq!(end.reason, proto::DisconnectReason::ClientInitiated);
    assert_eq!(
        room.participant
            .publish(room.now, TrackOptions::microphone("m")),
        Err(RequestError::Left)
    );
}

#[test]
fn changes_of_participants_become_events() {
    let mut room = Room::join(dual());
    room.connect();
    room.say(update(vec![participant("PA_b", "b", &["TR_1"])]));
    let mut changed = participant("PA_b", "b", &["TR_2"]);
    changed.version = 1;
    changed.name = "Bea".into();
    changed.attributes.insert("k".into(), "v".into());
    room.say(update(vec![changed.clone()]));
    // An older state comes late.
    room.say(update(vec![participant("PA_b", "b", &["TR_1"])]));
    changed.state = proto::participant_info::State::Disconnected.into();
    room.say(update(vec![changed]));
    let names: Vec<String> = room
        .events
        .iter()
        .map(|event| {
            format!("{event:?}")
                .split(['(', ' '])
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    let expected = [
        "ParticipantConnected",
        "TrackPublished",
        "NameChanged",
        "AttributesChanged",
        "TrackPublished",
        "TrackUnpublished",
        "TrackUnpublished",
        "ParticipantDisconnected",
    ];
    assert_eq!(names, expected);
}

#[test]
fn an_unconfirmed_track_fails() {
    let mut room = Room::join(dual());
    room.connect();
    let cid = room
        .participant
        .publish(room.now, TrackOptions::microphone("m"))
        .unwrap();
    room.drain();
    for _ in 0..3 {
        room.pass(Duration::from_millis(3_400));
        room.say(update(Vec::new()));
    }
    let expected = "the server did not confirm the track in time".to_owned();
    assert!(room.events.contains(&Event::PublishFailed(cid, expected)));
}

#[test]
fn tracks_and_data_are_limited() {
    let mut room = Room::join(dual());
    room.connect();
    for _ in 0..crate::limits::MAX_PUBLICATIONS {
        room.participant
            .publish(room.now, TrackOptions::microphone("m"))
            .unwrap();
    }
    let more = room
        .participant
        .publish(room.now, TrackOptions::microphone("m"));
    assert_eq!(more, Err(RequestError::TooMany));
    let packet = proto::DataPacket {
        participant_identity: String::new(),
        destination_identities: vec!["x".repeat(crate::limits::MAX_DATA_PACKET)],
        ..proto::DataPacket::default()
    };
    let kind = proto::data_packet::Kind::Reliable;
    let long = room.participant.send_data(room.now, kind, packet);
    assert!(matches!(long, Err(crate::SendError::TooLong(_))));
}

/// Neither the server nor a stranger on the network can make it panic.
#[test]
fn noise_never_panics() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let options = if seed % 2 == 0 {
            Options::default()
        } else {
            dual()
        };
        let mut room = Room::join(options);
        room.open();
        room.say_join();
        for _ in 0..100 {
            let length = (random.next() % 300) as usize;
            let mut noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            match random.next() % 5 {
                0 => {
                    if let Some(first) = noise.first_mut() {
                        *first = ((random.next() % 31) as u8) << 3 | 2;
                    }
                    let link = room.link();
                    room.participant.handle_signal(room.now, link, &noise);
                }
                1 => {
                    let sdp = String::from_utf8_lossy(&noise).into_owned();
                    let description = proto::SessionDescription {
                        sdp: format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{sdp}"),
                        ..proto::SessionDescription::default()
                    };
                    room.say(match random.next() % 2 {
                        0 => signal_response::Message::Offer(description),
                        _ => signal_response::Message::Answer(description),
                    });
                }
                kind => {
                    // STUN, DTLS, RTP and RTCP by their first byte: RFC 7983.
                    if let (Some(first), 2..) = (noise.first_mut(), kind) {
                        *first = [0, 1, 20, 22, 63, 128, 191][(random.next() % 7) as usize];
                    }
                    let leg = [Leg::Publisher, Leg::Subscriber][(random.next() % 2) as usize];
                    let source = SocketAddr::from(([127, 0, 0, 1], 9));
                    room.participant
                        .handle_datagram(room.now, leg, source, &noise);
                }
            }
            room.drain();
            room.pass(Duration::from_millis(random.next() % 50));
        }
    }
}
