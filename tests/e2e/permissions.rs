//! Permissions of the agent and the callers, which the server revokes and restores during a call:
//! what the caller hears compared with what the captions say.

use std::collections::HashMap;
use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_api::services::room::{RoomClient, UpdateParticipantOptions};
use livekit_protocol::{ParticipantInfo, ParticipantPermission, TrackSource, participant_info};
use parlor_core::secret::Secret;
use parlor_livekit::room::{Caller, CaptionLine};
use parlor_sim as sim;
use parlor_sim::{Entry, clips};

use super::bench::{
    Bench, GREETING, ROOM, SOON, Worker, agent_is, agent_speaks, all_heard, echo, say, shown,
};
use super::hearing::{self, SILENT};

/// Half a second at 24 kHz.
const HALF_A_SECOND: usize = 12_000;

const SIP: &str = "sip.callStatus";

fn rooms(bench: &Bench) -> RoomClient {
    let secret = bench.livekit.api_secret.reveal();
    RoomClient::with_api_key(&bench.livekit.http_url(), &bench.livekit.api_key, secret)
}

async fn agent(bench: &Bench) -> ParticipantInfo {
    let all = rooms(bench).list_participants(ROOM).await.unwrap();
    let is_agent = |it: &ParticipantInfo| it.kind() == participant_info::Kind::Agent;
    all.into_iter().find(is_agent).unwrap()
}

/// Sets the permissions of a participant: the default ones with a change.
async fn allow(bench: &Bench, identity: &str, change: impl FnOnce(&mut ParticipantPermission)) {
    let rooms = rooms(bench);
    let mut permission = ParticipantPermission {
        can_subscribe: true,
        can_publish: true,
        can_publish_data: true,
        can_update_metadata: true,
        ..ParticipantPermission::default()
    };
    change(&mut permission);
    let options = UpdateParticipantOptions {
        permission: Some(permission),
        ..UpdateParticipantOptions::default()
    };
    let updated = rooms.update_participant(ROOM, identity, options).await;
    updated.unwrap();
}

async fn set_status(bench: &Bench, identity: &str, status: &str) {
    let options = UpdateParticipantOptions {
        attributes: HashMap::from([(SIP.to_owned(), status.to_owned())]),
        ..UpdateParticipantOptions::default()
    };
    let updated = rooms(bench)
        .update_participant(ROOM, identity, options)
        .await;
    updated.unwrap();
}

/// A token for a participant of this kind with these grants.
fn token(bench: &Bench, identity: &str, kind: &str, grants: VideoGrants) -> AccessToken {
    let secret = bench.livekit.api_secret.reveal();
    AccessToken::with_api_key(&bench.livekit.api_key, secret)
        .with_identity(identity)
        .with_name(identity)
        .with_kind(kind)
        .with_grants(VideoGrants {
            room_join: true,
            room: ROOM.to_owned(),
            ..grants
        })
}

fn secret(token: AccessToken) -> Secret {
    Secret::new(token.to_jwt().unwrap())
}

/// A caller who has heard at least half a second of the greeting, which is still going on.
async fn greeted(bench: &Bench) -> Caller {
    let caller = bench.caller("ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    let mut heard = caller.heard();
    let speaks = |heard: &[i16]| {
        let begins = heard.iter().position(|it| it.unsigned_abs() > SILENT);
        begins.is_some_and(|at| heard.len() > at + HALF_A_SECOND)
    };
    assert!(heard.wait(0, SOON, speaks).await, "the greeting is heard");
    caller
}

/// Final caption of the greeting, and up to which sample of the greeting the caller heard it.
async fn of_the_greeting(caller: &Caller, what: &str) -> (CaptionLine, usize) {
    let clip = clips::find(GREETING).unwrap();
    let said = shown(caller, |all| all.iter().any(|it| it.is_final)).await;
    let said = said.into_iter().find(|it| it.is_final).unwrap();
    // A track that is gone delivers no more audio, so this does not wait for more.
    let heard = caller.heard().since(0);
    let until = hearing::until(&clip.samples(), &heard).unwrap_or(0);
    println!(
        "{what}: of {} ms the caller heard {} ms; of {:?} the captions show {:?}; the agent is {}",
        clip.samples().len() / 24,
        until / 24,
        clip.words,
        said.text,
        *caller.agent_state().borrow(),
    );
    (said, until)
}

/// Asserts that the greeting was cut where the caller stopped hearing it, and so was its caption.
async fn is_cut(caller: &Caller, what: &str) {
    let (said, until) = of_the_greeting(caller, what).await;
    let clip = clips::find(GREETING).unwrap();
    assert!(clip.words.starts_with(&said.text), "{said:?}");
    assert!(said.text.len() < clip.words.len(), "{said:?}");
    assert!(until + 2_400 < clip.samples().len(), "{until}");
    agent_is(&mut caller.agent_state(), "listening").await;
}

/// Asserts that an agent that cannot be heard answers the caller, but that its voice, captions and
/// state do not show that.
async fn answers_nobody(bench: &Bench, caller: &mut Caller) {
    let (mut log, from) = (bench.log.clone(), caller.heard().len());
    let replied = log.count(&Entry::Replied);
    let mut state = caller.agent_state();
    let said_before = of_the_agent(caller);
    say(caller, "caller-hours").await;
    let answered = log.wait_often(SOON, &Entry::Replied, replied + 1).await;
    assert!(answered, "the agent answers");
    agent_is(&mut state, "listening").await;
    let heard = caller.heard().since(from);
    println!(
        "an answer nobody hears: {} ms heard, peak {}; captions of the agent before {} and after {}",
        heard.len() / 24,
        hearing::peak(&heard),
        said_before.len(),
        of_the_agent(caller).len(),
    );
    assert!(hearing::peak(&heard) < SILENT, "the answer is heard");
    assert_eq!(of_the_agent(caller), said_before, "the answer has captions");
}

/// Captions of the agent: all those that are not of ada.
fn of_the_agent(caller: &Caller) -> Vec<CaptionLine> {
    let spoken = caller.captions();
    let all = spoken.borrow();
    all.iter()
        .filter(|it| it.speaker != "ada")
        .cloned()
        .collect()
}

/// Asserts that the agent continues by itself once it can be heard again.
async fn goes_on(worker: &Worker, caller: &Caller, from: usize) {
    worker.writes("the agent can be heard again").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    let speaks = |heard: &[i16]| hearing::loudness(heard) > 500.0;
    let mut heard = caller.heard();
    assert!(
        heard.wait(from, SOON, speaks).await,
        "the agent is not heard"
    );
    agent_is(&mut caller.agent_state(), "listening").await;
    let all = of_the_agent(caller);
    println!(
        "heard again; the captions show {:?}",
        all.last().unwrap().text
    );
}

fn warnings(worker: &Worker) -> Vec<String> {
    let lines = worker.lines().into_iter();
    let warnings = lines.filter(|it| it["level"] == "WARN" || it["level"] == "ERROR");
    warnings.map(|it| it.to_string()).collect()
}

fn one_warning(worker: &Worker, of: &str) {
    let warnings = warnings(worker);
    println!("warnings: {warnings:#?}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(of), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_and_restored_permission_to_publish() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = greeted(&bench).await;
    let agent = agent(&bench).await.identity;
    allow(&bench, &agent, |it| it.can_publish = false).await;
    is_cut(&caller, "permission revoked").await;
    answers_nobody(&bench, &mut caller).await;
    assert_eq!(caller.agent_tracks(), [], "no track is published");
    let from = caller.heard().len();
    allow(&bench, &agent, |_all| {}).await;
    goes_on(&worker, &caller, from).await;
    let found = echo(&mut caller, "caller-table").await;
    assert!(found.was_heard(), "{found:?}");
    one_warning(&worker, "publish its voice");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_muted_by_a_moderator() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = greeted(&bench).await;
    let (agent, track) = (
        agent(&bench).await.identity,
        caller.agent_tracks().remove(0),
    );
    let rooms = rooms(&bench);
    let muting = rooms.mute_published_track(ROOM, &agent, &track.sid, true);
    muting.await.unwrap();
    is_cut(&caller, "muted").await;
    answers_nobody(&bench, &mut caller).await;
    let from = caller.heard().len();
    let unmuting = rooms.mute_published_track(ROOM, &agent, &track.sid, false);
    unmuting.await.unwrap();
    goes_on(&worker, &caller, from).await;
    one_warning(&worker, "its track was muted");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_removed_by_the_server_is_published_again_immediately() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = greeted(&bench).await;
    let (agent, before) = (agent(&bench).await.identity, caller.agent_tracks());
    let from = caller.heard().len();
    let camera = vec![TrackSource::Camera as i32];
    allow(&bench, &agent, |it| it.can_publish_sources = camera).await;
    allow(&bench, &agent, |_all| {}).await;
    goes_on(&worker, &caller, from).await;
    let found = echo(&mut caller, "caller-table").await;
    assert!(found.was_heard(), "{found:?}");
    let after = caller.agent_tracks();
    println!("{before:?} became {after:?}");
    assert!(after.len() == 1 && after != before, "{after:?}");
    one_warning(&worker, "publish its voice");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_may_not_subscribe() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = greeted(&bench).await;
    allow(&bench, "ada", |it| it.can_subscribe = false).await;
    is_cut(&caller, "subscription refused").await;
    answers_nobody(&bench, &mut caller).await;
    let from = caller.heard().len();
    allow(&bench, "ada", |_all| {}).await;
    goes_on(&worker, &caller, from).await;
    one_warning(&worker, "may not subscribe");
    bench.ends(caller, &mut worker).await;
}

/// The server does not tell a publisher that a participant has unsubscribed.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_unsubscribes_hears_the_agent_after_subscribing_again() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = greeted(&bench).await;
    caller.subscribe(false);
    let (said, _) = of_the_greeting(&caller, "unsubscribed by the client").await;
    assert_eq!(said.text, clips::find(GREETING).unwrap().words);
    caller.subscribe(true);
    let found = echo(&mut caller, "caller-table").await;
    assert!(found.was_heard(), "{found:?}");
    assert_eq!(warnings(&worker), Vec::<String>::new());
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_may_publish_neither_its_state_nor_captions() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    let agent = agent(&bench).await.identity;
    allow(&bench, &agent, |it| {
        it.can_update_metadata = false;
        it.can_publish_data = false;
    })
    .await;
    worker.writes("the server revoked permissions").await;
    let shown_before = caller.captions().borrow().len();
    let (mut log, from) = (bench.log.clone(), caller.heard().len());
    let replied = log.count(&Entry::Replied);
    say(&mut caller, "caller-hours").await;
    assert!(log.wait_often(SOON, &Entry::Replied, replied + 1).await);
    let clip = clips::find("caller-hours").unwrap().samples();
    let is_there = |heard: &[i16]| heard.len() > 24_000 && hearing::loudness(heard) > 500.0;
    assert!(caller.heard().wait(from, SOON, is_there).await);
    worker.writes_often("\"state\":\"listening\"", 3).await;
    let found = hearing::find(&clip, &all_heard(&caller, from).await);
    println!(
        "without captions: {found}; {} captions before and {} after",
        shown_before,
        caller.captions().borrow().len()
    );
    assert!(found.was_heard(), "the voice is not heard: {found:?}");
    assert_eq!(caller.captions().borrow().len(), shown_before);
    assert_eq!(
        *caller.agent_state().borrow(),
        "listening",
        "the state is not published"
    );
    one_warning(&worker, "send captions and data, publish its state");
    allow(&bench, &agent, |_all| {}).await;
    worker
        .writes("the server restored permissions of the agent")
        .await;
    let found = echo(&mut caller, "caller-table").await;
    assert!(found.was_heard(), "{found:?}");
    shown(&caller, |all| all.len() >= shown_before + 2).await;
    one_warning(&worker, "publish its state");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_begins_while_a_phone_rings() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let phone = token(&bench, "+41", "sip", VideoGrants::default());
    let phone = secret(phone.with_attributes([(SIP, "dialing")]));
    let phone = Caller::join(&bench.livekit, &phone).await.unwrap();
    worker.writes("+41").await;
    let mut log = bench.log.clone();
    let two_seconds = Duration::from_secs(2);
    for status in ["ringing", "automation"] {
        let spoke = log.wait(two_seconds, |it| *it == Entry::Connected).await;
        println!("before {status}: a voice session: {}", spoke.is_some());
        assert!(spoke.is_none(), "a voice session without a caller");
        set_status(&bench, "+41", status).await;
    }
    assert_eq!(*phone.agent_state().borrow(), "initializing");
    set_status(&bench, "+41", "active").await;
    agent_speaks(&mut phone.agent_state()).await;
    let heard = all_heard(&phone, 0).await;
    let greeting = clips::find(GREETING).unwrap().samples();
    let found = hearing::find(&greeting, &heard);
    println!("once active: greeting {found}");
    assert!(found.was_heard() && found.begins, "{found:?}");
    set_status(&bench, "+41", "hangup").await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert!(worker.wrote().contains("\"outcome\":\"caller_left\""));
    assert_eq!(bench.log.violations(), Vec::<String>::new());
    phone.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_that_joins_first_is_not_the_caller() {
    let bench = Bench::start(sim::Options::default()).await;
    let grants = VideoGrants {
        can_publish: Some(false),
        ..VideoGrants::default()
    };
    let dashboard = secret(token(&bench, "dashboard", "standard", grants));
    let dashboard = Caller::join_silent(&bench.livekit, &dashboard).await;
    let dashboard = dashboard.unwrap();
    let mut worker = bench.worker();
    worker.writes("dashboard").await;
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    let found = echo(&mut caller, "caller-hours").await;
    println!("with a dashboard that joined first: {found}");
    assert!(found.was_heard(), "{found:?}");
    bench.ends(caller, &mut worker).await;
    dashboard.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_participant_who_may_only_write_chats_until_a_caller_joins() {
    let bench = Bench::start(sim::Options::default()).await;
    let grants = VideoGrants {
        can_publish: Some(false),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    };
    let mut worker = bench.worker();
    let writer = secret(token(&bench, "bob", "standard", grants));
    let writer = Caller::join_silent(&bench.livekit, &writer).await.unwrap();
    agent_speaks(&mut writer.agent_state()).await;
    writer.write("When do you open?").await.unwrap();
    agent_speaks(&mut writer.agent_state()).await;
    let mut caller = bench.caller("ada").await;
    worker
        .writes_often("subscribed to a caller's track", 1)
        .await;
    let found = echo(&mut caller, "caller-hours").await;
    println!("with a participant who only writes: {found}");
    assert!(found.was_heard(), "{found:?}");
    caller.leave().await;
    bench.ends(writer, &mut worker).await;
}
