//! What the room is shown of what is said, beside what the caller hears; and what the caller
//! writes instead of saying it.

use std::time::Duration;

use parlor::clock;
use parlor::room::{Caller, Spoken};
use parlor::sim::{self, clips};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::bench::{Bench, GREETING, SOON, agent_is, agent_speaks, all_heard};

/// Calls at once, and answers that are interrupted in each.
const CALLS: u64 = 5;
const INTERRUPTIONS: usize = 10;

/// From which sample on something is heard.
const LOUD: u16 = 500;

fn scripted() -> sim::Options {
    sim::Options {
        reply: sim::Reply::Script,
        ..sim::Options::default()
    }
}

async fn say(caller: &mut Caller, clip: &str) {
    let samples = clips::find(clip).unwrap().samples();
    caller.say(&samples).await.unwrap();
}

/// Waits until `is_there` holds for what the room is shown.
async fn shown(caller: &Caller, is_there: impl Fn(&[Spoken]) -> bool) -> Vec<Spoken> {
    let mut spoken = caller.spoken();
    let waited = timeout(SOON, spoken.wait_for(|all| is_there(all))).await;
    let came = waited.is_ok_and(|it| it.is_ok());
    let all = spoken.borrow().clone();
    assert!(came, "{all:?}");
    all
}

fn words(clip: &str) -> &'static str {
    clips::find(clip).unwrap().words
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_shown_in_order_and_to_their_ends() {
    let bench = Bench::start(scripted()).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    say(&mut caller, "caller-hours").await;
    agent_speaks(&mut caller.agent_state()).await;
    let all = shown(&caller, |all| {
        all.len() == 3 && all.iter().all(|it| it.is_final)
    })
    .await;
    let lines: Vec<_> = all.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        lines,
        [
            words(GREETING),
            words("caller-hours"),
            words("answer-hours")
        ]
    );
    let is_adas: Vec<_> = all.iter().map(|it| it.speaker == "ada").collect();
    assert_eq!(is_adas, [false, true, false]);
    assert!(all.iter().all(|it| !it.interrupted), "{all:?}");
    caller.leave().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_shown_while_they_are_heard() {
    let bench = Bench::start(scripted()).await;
    let _worker = bench.worker();
    let caller = bench.caller("ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    let (mut spoken, mut growth) = (caller.spoken(), Vec::<(usize, usize)>::new());
    loop {
        let now = spoken
            .borrow_and_update()
            .first()
            .cloned()
            .unwrap_or_default();
        let count = now.text.split_whitespace().count();
        if growth.last().is_none_or(|(_, last)| *last != count) {
            growth.push((caller.heard().len(), count));
        }
        if now.is_final {
            break;
        }
        timeout(SOON, spoken.changed()).await.unwrap().unwrap();
    }
    let heard = caller.heard().since(0);
    let begins = heard
        .iter()
        .position(|it| it.unsigned_abs() > LOUD)
        .unwrap();
    let times: Vec<_> = growth
        .iter()
        .map(|(at, count)| (*count, (*at as i64 - begins as i64) / 24))
        .collect();
    println!("words shown, and when (ms after the voice began): {times:?}");
    let all = words(GREETING).split_whitespace().count();
    assert!(
        growth.len() > all / 2,
        "word by word, not at once: {times:?}"
    );
    let half = times.iter().find(|(count, _)| *count >= all / 2).unwrap();
    assert!(half.1 > 300, "not before it is heard: {times:?}");
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_an_interrupted_answer_is_what_was_heard() {
    let bench = Bench::start(scripted()).await;
    let _daemon = bench.daemon(&[]).await;
    let mut calls = JoinSet::new();
    for call in 0..CALLS {
        let caller = bench.caller_in(&format!("room-{call}"), "ada").await;
        calls.spawn(interrupting(caller, call));
    }
    let all: Vec<_> = calls.join_all().await.into_iter().flatten().collect();
    let cut = all.iter().filter(|it| it.was_cut).count();
    let apart: Vec<_> = all.iter().map(|it| it.shown - it.heard).collect();
    println!(
        "{} answers, {cut} of them cut; words shown and not heard: {apart:?}",
        all.len()
    );
    assert!(cut * 10 >= all.len() * 8, "most were interrupted: {all:?}");
    let wrong: Vec<_> = all
        .iter()
        .filter(|it| it.shown.abs_diff(it.heard) > 1)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// One answer that was spoken over.
#[derive(Debug)]
struct Answer {
    shown: i64,
    heard: i64,
    was_cut: bool,
    /// For the one who looks for what went wrong.
    #[expect(dead_code, reason = "it is printed")]
    line: (String, usize),
}

/// Asks again and again, each time over the answer to the question before.
async fn interrupting(mut caller: Caller, call: u64) -> Vec<Answer> {
    agent_speaks(&mut caller.agent_state()).await;
    let mut random = call.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut answers = Vec::new();
    // With the end of the greeting.
    let mut from = all_heard(&caller, 0).await.len();
    say(&mut caller, "caller-hours").await;
    for turn in 0..INTERRUPTIONS {
        let (answer, next) = match turn % 2 {
            0 => ("answer-hours", "caller-stop"),
            _ => ("answer-sorry", "caller-hours"),
        };
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
        answers.push(compare(answer, &all[index], heard));
        from = to;
    }
    caller.leave().await;
    answers
}

fn compare(answer: &str, line: &Spoken, heard: &[i16]) -> Answer {
    let is_loud = |sample: &i16| sample.unsigned_abs() > LOUD;
    let clip = clips::find(answer).unwrap();
    let begins = heard.iter().position(is_loud).unwrap();
    let ends = heard.iter().rposition(is_loud).unwrap();
    let samples = clip.samples();
    let lead = samples.iter().position(is_loud).unwrap();
    let length = ends - begins + lead;
    Answer {
        shown: line.text.split_whitespace().count() as i64,
        heard: said_in(clip.words, samples.len(), length) as i64,
        was_cut: line.interrupted,
        line: (line.text.clone(), length / 24),
    }
}

/// How many words are said in the first `length` samples of a clip of `all`, as the simulator
/// times them.
fn said_in(words: &str, all: usize, length: usize) -> usize {
    let letters = words.chars().count();
    let mut said = 0;
    let ends = words.split_inclusive(' ').map(|word| {
        said += word.chars().count();
        all * said / letters
    });
    ends.filter(|end| *end <= length).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_writes_is_answered_and_stops_the_agent() {
    let bench = Bench::start(scripted()).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    shown(&caller, |all| all.iter().any(|it| !it.text.is_empty())).await;
    let began = clock::now();
    caller.write(words("caller-hours")).await.unwrap();
    agent_is(&mut caller.agent_state(), "listening").await;
    println!(
        "silent {} ms after the message",
        began.elapsed().as_millis()
    );
    agent_speaks(&mut caller.agent_state()).await;
    let all = shown(&caller, |all| all.len() == 2 && all[1].is_final).await;
    assert!(all[0].interrupted, "{all:?}");
    assert!(all[0].text.len() < words(GREETING).len(), "{all:?}");
    assert_eq!(all[1].text, words("answer-hours"));
    caller.leave().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}
