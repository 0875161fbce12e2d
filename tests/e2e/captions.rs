//! Captions compared with what the caller hears, and chat messages of the caller.

use parlor_common::clock;
use parlor_sim::clips;
use tokio::time::timeout;

use super::bench::{
    Bench, GREETING, SOON, agent_file, agent_is, agent_speaks, all_heard, say, scripted, shown,
};
use super::hearing::{self, SILENT};

/// Sample value above which audio counts as audible.
const LOUD: u16 = 500;

fn words(clip: &str) -> &'static str {
    clips::find(clip).unwrap().words
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_have_complete_captions_in_order() {
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
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captions_follow_the_audio_word_by_word() {
    let bench = Bench::start(scripted()).await;
    let _worker = bench.worker();
    let caller = bench.caller("ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    let (mut spoken, mut growth) = (caller.captions(), Vec::<(usize, usize)>::new());
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
    println!("words in captions, and when (ms after the voice started): {times:?}");
    let all = words(GREETING).split_whitespace().count();
    assert!(
        growth.len() > all / 2,
        "word by word, not all at once: {times:?}"
    );
    let half = times.iter().find(|(count, _)| *count >= all / 2).unwrap();
    assert!(half.1 > 300, "not before it is heard: {times:?}");
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_message_interrupts_the_agent_and_is_answered() {
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
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_message_is_answered_in_writing_if_configured() {
    let bench = Bench::start(scripted()).await;
    let file = agent_file(
        "chat.toml",
        "greeting = \"Hello\"\n[room]\nchat = \"text\"\n",
    );
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    let from = all_heard(&caller, 0).await.len();
    caller.write(words("caller-hours")).await.unwrap();
    let all = shown(&caller, |all| all.len() == 2 && all[1].is_final).await;
    assert_eq!(all[1].text, words("answer-hours"));
    let heard = hearing::peak(&all_heard(&caller, from).await);
    assert!(heard < SILENT, "nothing is heard: {heard}");
    say(&mut caller, "caller-hours").await;
    agent_speaks(&mut caller.agent_state()).await;
    bench.ends(caller, &mut worker).await;
}
