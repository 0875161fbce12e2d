//! What an agent does besides speaking, with real peers: HTTP tools, RPC, and ending a call.

use std::path::PathBuf;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use parking_lot::Mutex;
use parlor_sim as sim;
use parlor_sim::{Entry, clips};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::bench::{
    self, Bench, SOON, Worker, agent_is, agent_speaks, all_heard, answers, calling, say,
};
use super::hearing;

/// 100 ms at 24 kHz.
const MARGIN: usize = 2_400;

/// An agent file with a greeting and these other lines.
fn agent_file(name: &str, text: &str) -> PathBuf {
    bench::agent_file(name, &format!("greeting = \"Hello\"\n{text}"))
}

/// Durations of tool calls in ms, from the log of the worker.
fn took(worker: &Worker) -> Vec<u64> {
    worker.numbers("tool result sent", "after_ms")
}

/// Requests that an HTTP server has received: headers and bodies.
type Sent = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// An HTTP server that books tables; returns its URL and the requests that it receives.
async fn shop() -> (String, Sent) {
    let sent = Sent::default();
    let keep = sent.clone();
    let book = move |headers: HeaderMap, Json(body): Json<Value>| async move {
        keep.lock().push((headers, body));
        Json(json!({ "booked": true, "code": "planted-result" }))
    };
    let app = Router::new().route("/book", post(book));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (format!("http://{address}/book"), sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_tool_is_called_and_its_data_is_not_logged() {
    let (url, sent) = shop().await;
    let rule = r#"1=book_table:{"people":2,"name":"planted-argument"}"#;
    let bench = Bench::start(calling(&[rule])).await;
    let text = format!(
        "[[tools]]\nname = \"book_table\"\ndescription = \"Books a table.\"\n\
         parameters = {{ type = \"object\", properties = {{ people = {{ type = \"integer\" }} }} }}\n\
         http = {{ url = \"{url}\", allow_private = true, \
         headers = {{ Authorization = \"Bearer {{{{ env.SHOP_TOKEN }}}}\" }} }}\n\
         [limits]\nidle = 600\n"
    );
    let file = agent_file("http-tool.toml", &text.replace("clerk", "planted-prompt"));
    let flags = ["--agent", file.to_str().unwrap()];
    let variables = [
        ("PARLOR_LOG", "trace"),
        ("SHOP_TOKEN", "planted-token"),
        ("ASSEMBLYAI_API_KEY", "planted-key"),
    ];
    let mut worker = bench.worker_with(&flags, &variables);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    say(&mut caller, "caller-table").await;
    agent_speaks(&mut state).await;
    bench.ends(caller, &mut worker).await;
    let (headers, body) = sent.lock().remove(0);
    assert_eq!(body, json!({ "people": 2, "name": "planted-argument" }));
    assert_eq!(headers["authorization"], "Bearer planted-token");
    assert_eq!(
        answers(&bench),
        [r#"{"booked":true,"code":"planted-result"}"#]
    );
    assert_eq!(bench.log.count(&Entry::EarlyResult), 0);
    assert_eq!(bench.log.violations(), Vec::<String>::new());
    println!(
        "http tool, tool.call to tool.result: {:?} ms",
        took(&worker)
    );
    let secret = bench.livekit.api_secret.reveal();
    for planted in ["planted", "book a table for two", "How can I help", secret] {
        assert!(!worker.wrote().contains(planted), "{planted:?} was logged");
    }
    assert!(
        worker.wrote().contains("book_table"),
        "the name of the tool is logged"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_app_answers_by_rpc() {
    let rules = [r#"1=show:{"order":7}"#, "2=elsewhere"];
    let bench = Bench::start(calling(&rules)).await;
    let text = "[[tools]]\nname = \"show\"\ndescription = \"Shows an order.\"\n\
        rpc = { method = \"show_order\" }\n\
        [[tools]]\nname = \"elsewhere\"\ndescription = \"Asks another app.\"\n\
        rpc = { method = \"show_order\", to = \"kiosk\" }\n";
    let file = agent_file("rpc-tool.toml", text);
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    caller.answer("show_order", |payload| Ok(format!("shown: {payload}")));
    let kiosk = bench.caller("kiosk").await;
    kiosk.answer("show_order", |_| Err("out of paper".to_owned()));
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    say(&mut caller, "caller-table").await;
    agent_speaks(&mut state).await;
    say(&mut caller, "caller-hours").await;
    agent_speaks(&mut state).await;
    caller.leave().await;
    bench.ends(kiosk, &mut worker).await;
    let answers = answers(&bench);
    assert_eq!(answers[0], r#"shown: {"order":7}"#);
    assert!(
        answers[1].contains("error") && answers[1].contains("out of paper"),
        "{answers:?}"
    );
    assert!(
        !worker.wrote().contains("out of paper"),
        "the error message of an app was logged"
    );
    println!(
        "rpc tools, tool.call to tool.result: {:?} ms",
        took(&worker)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_dtmf_reach_the_caller_and_a_failed_transfer_keeps_the_call() {
    let rules = [
        r#"1=say_to_room:{"text":"https://shop.example/7"}"#,
        r#"2=send_dtmf:{"digits":"1#w2"}"#,
        r#"3=transfer_call:{"destination":"office"}"#,
    ];
    let bench = Bench::start(calling(&rules)).await;
    let text = "[[tools]]\nbuiltin = \"say_to_room\"\n[[tools]]\nbuiltin = \"send_dtmf\"\n\
        [[tools]]\nbuiltin = \"transfer_call\"\ndestinations = { office = \"tel:+15105550100\" }\n";
    let file = agent_file("telephone.toml", text);
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    for clip in ["caller-table", "caller-hours", "caller-bye"] {
        say(&mut caller, clip).await;
        agent_speaks(&mut state).await;
    }
    assert_eq!(
        *caller.chat_messages().borrow(),
        ["https://shop.example/7", "1", "#", "2"]
    );
    bench.ends(caller, &mut worker).await;
    let answers = answers(&bench);
    assert_eq!(answers[..2], [r#"{"ok":true}"#, r#"{"ok":true}"#]);
    assert!(
        answers[2].contains("could not be transferred"),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_hangs_up_once_its_goodbye_was_heard() {
    let bench = Bench::start(calling(&["1=end_call"])).await;
    let file = agent_file("end-call.toml", "[[tools]]\nbuiltin = \"end_call\"\n");
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    let from = caller.heard().len();
    say(&mut caller, "caller-bye").await;
    agent_is(&mut state, "speaking").await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert!(
        worker.wrote().contains("\"outcome\":\"agent_hung_up\""),
        "{}",
        worker.wrote()
    );
    let heard = caller.heard().since(from);
    let to_its_end = |clip: &clips::Clip| {
        let goodbye = clip.samples();
        let until = |heard| hearing::until(&goodbye, heard).unwrap_or(0);
        hearing::find(&goodbye, &heard).was_heard() && until(&heard) + MARGIN > until(&goodbye)
    };
    let mut goodbyes = clips::all().iter();
    assert!(
        goodbyes.any(|it| it.name.starts_with("answer-") && to_its_end(it)),
        "the goodbye was not heard to its end"
    );
    caller.leave().await;
    assert!(
        bench.log.received("session.end"),
        "the voice session was closed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_caller_is_asked_and_then_hung_up_on() {
    let bench = Bench::start(calling(&[])).await;
    let text = "[limits]\nidle = 2\n[lines]\nidle = [\"Are you there?\"]\ngoodbye = \"Bye.\"\n";
    let file = agent_file("idle.toml", text);
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let caller = bench.caller("ada").await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert!(
        worker.wrote().contains("\"outcome\":\"limit_idle\""),
        "{}",
        worker.wrote()
    );
    let asked = Entry::Received("reply.create".to_owned());
    assert_eq!(bench.log.count(&asked), 2, "one idle line, and the goodbye");
    caller.leave().await;
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phase_and_an_edit_reach_the_running_session() {
    let rule = r#"1=set_state:{"state":"till"}"#;
    let bench = Bench::start(calling(&[rule])).await;
    let phases = "[[tools]]\nbuiltin = \"set_state\"\n[[phases]]\nname = \"till\"\n\
        prompt = \"You are a cashier.\"\n";
    let file = agent_file("phases.toml", phases);
    let mut worker = bench.worker_with(&["--agent", file.to_str().unwrap()], &[]);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    say(&mut caller, "caller-table").await;
    agent_speaks(&mut state).await;
    assert_eq!(
        bench.log.prompts(),
        ["You are a clerk.", "You are a cashier."]
    );
    agent_file("phases.toml", &phases.replace("cashier", "banker"));
    worker.writes("agent file reloaded").await;
    assert!(bench.log.clone().wait_often(SOON, &Entry::Changed, 2).await);
    assert_eq!(bench.log.prompts()[2], "You are a banker.");
    agent_file("phases.toml", "prompt = 7\n");
    worker.writes("keeping the previous one").await;
    say(&mut caller, "caller-hours").await;
    agent_speaks(&mut state).await;
    all_heard(&caller, 0).await;
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_of_a_dispatch_fills_the_prompt() {
    let bench = Bench::start(sim::Options::default()).await;
    let file = agent_file(
        "metadata.toml",
        "[lines]\ngoodbye = \"Bye {{ caller.name }}\"\n",
    );
    let text = std::fs::read_to_string(&file).unwrap();
    let prompt = "Desk {{ job.metadata.desk }} in {{ room.name }} for {{ caller.identity }}{{ caller.attributes.vip }}";
    std::fs::write(&file, text.replace("You are a clerk.", prompt)).unwrap();
    let flags = ["--agent-name", "clerk", "--agent", file.to_str().unwrap()];
    let mut daemon = bench.daemon(&flags).await;
    let caller = bench.caller_in("office", "ada").await;
    bench.dispatch("clerk", "office").await;
    agent_speaks(&mut caller.agent_state()).await;
    let prompts = bench.log.prompts();
    assert_eq!(
        prompts,
        ["Desk 3 in office for ada[caller.attributes.vip?]"]
    );
    caller.leave().await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}
