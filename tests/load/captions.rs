//! Captions of interrupted answers, compared with what the callers heard of them.

use std::time::Duration;

use parlor_livekit::room::{Caller, CaptionLine};
use parlor_sim::clips;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::bench::{Bench, agent_is, agent_speaks, all_heard, say, scripted, shown};
use super::{ALONE, hearing};

/// Concurrent calls, and interrupted answers in each.
const CALLS: u64 = 3;
const INTERRUPTIONS: usize = 17;

#[tokio::test(flavor = "multi_thread")]
async fn captions_of_interrupted_answers_match_what_was_heard() {
    let _alone = ALONE.lock().await;
    let bench = Bench::start(scripted()).await;
    let _daemon = bench.daemon(&[]).await;
    let mut calls = JoinSet::new();
    for call in 0..CALLS {
        let caller = bench.caller_in(&format!("room-{call}"), "ada").await;
        calls.spawn(interrupting(caller, call));
    }
    let all: Vec<_> = calls.join_all().await.into_iter().flatten().collect();
    let cut = all.iter().filter(|it| it.was_cut).count();
    let apart: Vec<_> = all
        .iter()
        .filter_map(|it| Some(it.shown - it.heard?))
        .collect();
    println!(
        "{} answers, {cut} of them cut; words in captions minus words heard: {apart:?}",
        all.len()
    );
    assert!(cut * 10 >= all.len() * 8, "most were interrupted: {all:?}");
    assert!(apart.len() * 2 >= all.len(), "most are found: {all:?}");
    // A busy machine loses parts of recordings, so that some positions are wrong.
    let right = apart.iter().filter(|words| words.abs() <= 1).count();
    assert!(right * 10 >= apart.len() * 9, "{all:?}");
}

/// An answer that the caller spoke over.
#[derive(Debug)]
struct Answer {
    /// Words in the caption.
    shown: i64,
    /// Words heard; `None` if they cannot be determined from the recording.
    heard: Option<i64>,
    was_cut: bool,
    /// Caption, and milliseconds heard, for debugging.
    #[expect(dead_code, reason = "it is printed")]
    line: (String, Option<usize>),
}

/// Asks questions, each one while the agent is answering the previous one.
async fn interrupting(mut caller: Caller, call: u64) -> Vec<Answer> {
    agent_speaks(&mut caller.agent_state()).await;
    let mut random = call.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut answers = Vec::new();
    // The recording includes the end of the greeting.
    let mut from = all_heard(&caller, 0).await.len();
    say(&mut caller, "caller-hours").await;
    for turn in 0..INTERRUPTIONS {
        let next = ["caller-stop", "caller-hours"][turn % 2];
        agent_is(&mut caller.agent_state(), "speaking").await;
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        sleep(Duration::from_millis(random >> 54)).await;
        say(&mut caller, next).await;
        let index = 2 * turn + 2;
        let all = shown(&caller, |all| all.get(index).is_some_and(|it| it.is_final)).await;
        let to = caller.heard().len();
        let heard = &caller.heard().since(from)[..to - from];
        answers.push(compare(&all[index], heard));
        from = to;
    }
    caller.leave().await;
    answers
}

fn compare(line: &CaptionLine, heard: &[i16]) -> Answer {
    // If a question was not understood, the answer is another clip, so search all of them.
    let clip = clips::all()
        .iter()
        .find(|clip| clip.words.starts_with(&line.text));
    let clip = clip.unwrap();
    let samples = clip.samples();
    let until = hearing::until(&samples, heard);
    Answer {
        shown: line.text.split_whitespace().count() as i64,
        heard: until.map(|until| said_in(clip.words, samples.len(), until) as i64),
        was_cut: line.interrupted,
        line: (line.text.clone(), until.map(|until| until / 24)),
    }
}

/// Number of words in the first `length` of `all` samples of a clip, by the word timing of the
/// simulator.
fn said_in(words: &str, all: usize, length: usize) -> usize {
    let letters = words.chars().count() + 1;
    let mut said = 0;
    let ends = words.split_whitespace().map(|word| {
        said += word.chars().count() + 1;
        all * said / letters
    });
    ends.filter(|end| *end <= length).count()
}
