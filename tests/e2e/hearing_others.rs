//! Which callers are heard: several at once, after a hand-over, after a return, with pre-connect
//! audio, and with a muted microphone.

use opus_pure::{Application, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead};
use parlor_livekit::room::{Caller, CaptionLine};
use parlor_sim as sim;
use parlor_sim::{Entry, clips};
use tokio::time::timeout;

use super::bench::{Bench, SOON, agent_file, agent_speaks, all_heard, echo, scripted};
use super::hearing;

/// Grace period, long enough to reload the page.
const GRACE: [(&str, &str); 1] = [("PARLOR_CALLER_GRACE", "10")];

fn clip(name: &str) -> Vec<i16> {
    clips::find(name).unwrap().samples()
}

/// The caller speaks a clip and hears the matching answer.
async fn is_answered(caller: &mut Caller, says: &str, answer: &str) {
    let from = caller.heard().len();
    caller.say(&clip(says)).await.unwrap();
    agent_speaks(&mut caller.agent_state()).await;
    let found = hearing::find(&clip(answer), &all_heard(caller, from).await);
    println!("{says} is answered with {answer}: {found}");
    assert!(found.was_heard(), "{found:?}");
}

/// Speakers and texts of the callers' turns, once `many` turns have final captions.
async fn turns(caller: &Caller, many: usize) -> Vec<(String, String)> {
    let mut spoken = caller.captions();
    let of_callers = |all: &[CaptionLine]| -> Vec<(String, String)> {
        let whole = all.iter().filter(|it| it.is_final);
        let whole = whole.filter(|it| ["ada", "bob"].contains(&it.speaker.as_str()));
        whole
            .map(|it| (it.speaker.clone(), it.text.clone()))
            .collect()
    };
    let shown = timeout(SOON, spoken.wait_for(|all| of_callers(all).len() >= many)).await;
    of_callers(&shown.expect("the turns have captions").unwrap())
}

fn said(who: &str, name: &str) -> (String, String) {
    let words = clips::find(name).unwrap().words;
    (who.to_owned(), words.to_owned())
}

async fn two_are_heard(hear: &str) {
    let bench = Bench::start(scripted()).await;
    let text = format!("greeting = \"Hello\"\n[room]\nhear = \"{hear}\"\n");
    let file = agent_file(&format!("{hear}.toml"), &text);
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut ada = bench.caller("ada").await;
    agent_speaks(&mut ada.agent_state()).await;
    let mut bob = bench.caller("bob").await;
    worker.writes("\"bob\"").await;
    is_answered(&mut ada, "caller-hours", "answer-hours").await;
    is_answered(&mut bob, "caller-table", "answer-table").await;
    let shown = turns(&ada, 2).await;
    let expected = [said("ada", "caller-hours"), said("bob", "caller-table")];
    assert_eq!(shown, expected);
    ada.leave().await;
    is_answered(&mut bob, "caller-hours", "answer-hours").await;
    bench.ends(bob, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_hear_mix_both_callers_are_heard_and_distinguished() {
    two_are_heard("mix").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_hear_loudest_both_callers_are_heard_in_turn() {
    two_are_heard("loudest").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_hands_the_agent_over_to_another_one() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let ada = bench.caller("ada").await;
    agent_speaks(&mut ada.agent_state()).await;
    let mut bob = bench.caller("bob").await;
    worker.writes("\"bob\"").await;
    let to = |who: &str| format!(r#"{{"to":"{who}"}}"#);
    let method = "parlor.hand_over";
    let refused = bob.call_agent(method, &to("bob")).await.unwrap_err();
    assert!(refused.contains("only the linked caller"), "{refused}");
    let refused = ada.call_agent(method, &to("cleo")).await.unwrap_err();
    assert!(refused.contains("with this identity"), "{refused}");
    let answer = ada.call_agent(method, &to("bob")).await;
    assert_eq!(answer.as_deref(), Ok(r#"{"ok":true}"#));
    let found = echo(&mut bob, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    ada.leave().await;
    bench.ends(bob, &mut worker).await;
    assert_eq!(bench.log.count(&Entry::Connected), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_reloads_the_page_continues_the_call() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker_with(&[], &GRACE);
    let ada = bench.caller("ada").await;
    agent_speaks(&mut ada.agent_state()).await;
    ada.leave().await;
    let mut again = bench.caller("ada").await;
    let found = echo(&mut again, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    // The server removes the first participant of an identity when a second one joins.
    let mut other = bench.caller("ada").await;
    worker.writes_often("a participant is in the room", 3).await;
    let found = echo(&mut other, "caller-table").await;
    assert!(found.was_heard(), "{found:?}");
    again.leave().await;
    worker.terminate().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    other.leave().await;
    assert_eq!(bench.log.count(&Entry::Connected), 1, "it is one call");
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

/// Asserts that the agent answers pre-connect audio.
async fn is_answered_early(name: &str, mime: &str, bytes: &[u8]) {
    let bench = Bench::start(scripted()).await;
    let file = agent_file(&format!("{name}.toml"), "");
    let caller = bench.early_caller("ada").await;
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut state = caller.agent_state();
    let came = timeout(SOON, state.wait_for(|state| !state.is_empty())).await;
    assert!(came.is_ok_and(|it| it.is_ok()), "the agent did not join");
    caller.send_pre_connect_audio(mime, bytes).await.unwrap();
    agent_speaks(&mut state).await;
    let found = hearing::find(&clip("answer-hours"), &all_heard(&caller, 0).await);
    println!("pre-connect audio ({name}): {found}");
    assert!(found.was_heard(), "{found:?}");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pre_connect_audio_in_pcm_is_heard() {
    let samples = clip("caller-hours");
    let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
    is_answered_early("early-pcm", "application/octet-stream", &bytes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pre_connect_audio_in_opus_is_heard() {
    let mut encoder = OpusEncoder::new(24_000, 1, Application::Voip).unwrap();
    let head = OpusHead::for_encoder(&encoder, 24_000);
    let mut file = OggOpusWriter::new(Vec::new(), head).unwrap();
    let mut packet = vec![0; MAX_PACKET_BYTES];
    for block in clip("caller-hours").chunks_exact(480) {
        let length = encoder.encode_s16(block, 480, &mut packet).unwrap();
        file.write_packet(&packet[..length]).unwrap();
    }
    let bytes = file.finish().unwrap();
    is_answered_early("early-opus", "audio/opus", &bytes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_ends_although_the_microphone_is_muted() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    let from = caller.heard().len();
    let said = clip("caller-hours");
    caller.say(&said).await.unwrap();
    caller.mute(true);
    agent_speaks(&mut state).await;
    let found = hearing::find(&said, &all_heard(&caller, from).await);
    println!("with a muted microphone: {found}");
    assert!(found.has(7), "{found:?}");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microphone_that_is_published_again_is_heard() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    for name in ["caller-hours", "caller-table"] {
        let found = echo(&mut caller, name).await;
        assert!(found.was_heard(), "{found:?}");
        caller.change_microphone().await.unwrap();
    }
    assert_eq!(bench.log.count(&Entry::Connected), 1, "it is one call");
    bench.ends(caller, &mut worker).await;
}
