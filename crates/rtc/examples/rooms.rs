//! Measures joins and the cost of rooms, without a codec.
//!
//! `rooms URL KEY SECRET ROOMS SECONDS [dual]`: joins 20 times one after the other and prints the
//! times from the token to the first frame sent and to the first frame heard; then keeps two
//! participants in each room, which send a frame every 20 ms to each other, and prints CPU, memory
//! and packets of this process, which holds both sides of every room.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use livekit_api::access_token::{AccessToken, VideoGrants};
use parlor_rtc::Frame;
use parlor_rtc::edge::{Receiver, Room, connect};
use parlor_rtc::participant::{Options, TrackOptions};

static SENT: AtomicU64 = AtomicU64::new(0);
static HEARD: AtomicU64 = AtomicU64::new(0);

type Failure = Box<dyn std::error::Error>;

struct Server {
    url: String,
    key: String,
    secret: String,
    single: bool,
}

impl Server {
    fn token(&self, room: &str, identity: &str) -> Result<String, Failure> {
        let grants = VideoGrants {
            room_join: true,
            room: room.to_owned(),
            ..VideoGrants::default()
        };
        let token = AccessToken::with_api_key(&self.key, &self.secret);
        Ok(token.with_identity(identity).with_grants(grants).to_jwt()?)
    }

    async fn join(&self, token: &str, seed: u64) -> Result<(Room, Receiver, Arc<str>), Failure> {
        let mut options = Options::default();
        options.single_peer_connection = self.single;
        options.seed = seed;
        options.tracks = vec![TrackOptions::microphone("voice")];
        let joined = connect(&self.url, token, options).await;
        let (room, receiver, _) = joined.map_err(|end| format!("{end:?}"))?;
        let cid = room
            .call(|p, _| p.client_ids().next().map(Arc::from))
            .await?;
        Ok((room, receiver, cid.ok_or("no track")?))
    }
}

fn frame() -> Frame {
    Frame {
        payload: vec![0x78; 80].into(),
        samples: 960,
        skipped: 0,
        level: Some((20, true)),
    }
}

/// Times of one join in milliseconds: to the first frame sent and to the first frame heard.
async fn join_times(server: &Server, number: u64) -> Result<(f64, f64), Failure> {
    let name = format!("join-{number}");
    let (other, _receiver, cid) = server.join(&server.token(&name, "other")?, number).await?;
    let talk = tokio::spawn(talk(other.clone(), cid));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let token = server.token(&name, "measured")?;
    let start = Instant::now();
    let (room, mut receiver, cid) = server.join(&token, number + 1_000).await?;
    // The track is confirmed and its media section answered before the first frame leaves.
    while !room
        .call({
            let cid = cid.clone();
            move |p, now| p.send_frame(now, &cid, frame())
        })
        .await?
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let sent = start.elapsed();
    receiver.rtp.recv().await.ok_or("nothing heard")?;
    let heard = start.elapsed();
    talk.abort();
    room.close().await;
    other.close().await;
    Ok((sent.as_secs_f64() * 1e3, heard.as_secs_f64() * 1e3))
}

async fn talk(room: Room, cid: Arc<str>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let frame = frame();
    loop {
        tick.tick().await;
        if room.send_frame(&cid, frame.clone()).is_err() {
            return;
        }
        SENT.fetch_add(1, Ordering::Relaxed);
    }
}

fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .ok_or("stat")?
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / 100.0)
}

fn pss_megabytes() -> Result<f64, Failure> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup
        .lines()
        .find(|line| line.starts_with("Pss:"))
        .ok_or("Pss")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .ok_or("Pss")?
        .parse::<f64>()?
        / 1024.0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, secret, rooms, seconds, rest @ ..] = &arguments[..] else {
        return Err("rooms URL KEY SECRET ROOMS SECONDS [dual]".into());
    };
    let (rooms, seconds): (u64, f64) = (rooms.parse()?, seconds.parse()?);
    let server = Server {
        url: url.clone(),
        key: key.clone(),
        secret: secret.clone(),
        single: rest.is_empty(),
    };
    let mut times = Vec::new();
    for number in 0..20 {
        times.push(join_times(&server, number).await?);
    }
    let percentile = |share: f64, pick: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<f64> = times.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        all[((all.len() - 1) as f64 * share) as usize]
    };
    println!(
        "join to first frame sent: p50 {:.1} ms, p90 {:.1} ms; heard: p50 {:.1} ms, p90 {:.1} ms",
        percentile(0.5, |t| t.0),
        percentile(0.9, |t| t.0),
        percentile(0.5, |t| t.1),
        percentile(0.9, |t| t.1),
    );
    for number in 0..rooms {
        for identity in ["a", "b"] {
            let token = server.token(&format!("room-{number}"), identity)?;
            let (room, mut receiver, cid) = server.join(&token, number).await?;
            tokio::spawn(talk(room, cid));
            tokio::spawn(async move {
                while receiver.rtp.recv().await.is_some() {
                    HEARD.fetch_add(1, Ordering::Relaxed);
                }
            });
            tokio::spawn(async move { while receiver.events.recv().await.is_some() {} });
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (cpu, sent, heard) = (
        cpu_seconds()?,
        SENT.load(Ordering::Relaxed),
        HEARD.load(Ordering::Relaxed),
    );
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    let participants = 2.0 * rooms as f64;
    let rate = |now: u64, then: u64| (now - then) as f64 / seconds / participants;
    let cpu = (cpu_seconds()? - cpu) / seconds * 100.0;
    println!(
        "{participants} participants: {cpu:.2} % of a core, {:.3} % each; PSS {:.1} MB; each sent {:.1} and heard {:.1} packets a second",
        cpu / participants,
        pss_megabytes()?,
        rate(SENT.load(Ordering::Relaxed), sent),
        rate(HEARD.load(Ordering::Relaxed), heard),
    );
    Ok(())
}
