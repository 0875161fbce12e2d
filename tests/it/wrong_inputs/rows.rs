//! The table.
#![expect(clippy::too_many_lines, reason = "tables are long")]

use super::USAGE;

/// One wrong input, and how the command answers it.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Arguments, separated by spaces.
    pub(super) command: &'static str,
    pub(super) variables: Vec<(&'static str, &'static str)>,
    pub(super) files: &'static [(&'static str, &'static [u8])],
    pub(super) code: i32,
    pub(super) says: &'static [&'static str],
    pub(super) never: &'static [&'static str],
    /// Whether the command runs on, and is terminated once it has said all of `says`.
    pub(super) runs: bool,
}

type Variables = &'static [(&'static str, &'static str)];

/// All settings, with addresses at which no server listens.
const GOOD: Variables = &[
    ("LIVEKIT_URL", "ws://{closed}"),
    ("LIVEKIT_API_KEY", "key"),
    ("LIVEKIT_API_SECRET", "CANARY secret"),
    ("ASSEMBLYAI_API_KEY", "CANARY-key"),
    ("ASSEMBLYAI_BASE_URL", "ws://{closed}"),
];

/// A row with good settings that expects an invalid command line or configuration.
fn row(name: &'static str, command: &'static str, says: &'static [&'static str]) -> Row {
    Row {
        name,
        command,
        variables: GOOD.to_vec(),
        files: &[],
        code: USAGE,
        says,
        never: &[],
        runs: false,
    }
}

impl Row {
    /// The command starts and fails.
    fn fails(self) -> Self {
        Self { code: 1, ..self }
    }

    /// The command starts and goes on; it only warns.
    fn runs(self) -> Self {
        Self {
            code: 0,
            runs: true,
            ..self
        }
    }

    /// The command succeeds; it only warns.
    fn succeeds(self) -> Self {
        Self { code: 0, ..self }
    }

    /// Sets variables, which replace the good ones.
    fn with(mut self, variables: Variables) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Without any settings but these.
    fn only(self, variables: Variables) -> Self {
        let variables = variables.to_vec();
        Self { variables, ..self }
    }

    fn files(self, files: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { files, ..self }
    }

    fn never(self, never: &'static [&'static str]) -> Self {
        Self { never, ..self }
    }
}

/// A row with an agent file.
macro_rules! agent {
    ($name:literal, $text:literal, $says:expr) => {{
        const FILES: &[(&str, &[u8])] = &[("a.toml", $text.as_bytes())];
        row(
            concat!("agent file: ", $name),
            "join --room r --agent a.toml",
            $says,
        )
        .files(FILES)
    }};
}

pub(super) fn all() -> Vec<Row> {
    let tables = [
        flags(),
        names_and_files(),
        variables(),
        dotenv(),
        agent_syntax(),
        agent_fields(),
        agent_values(),
        agent_tools(),
        agent_templates(),
        doctor_livekit(),
        doctor_api(),
        doctor_others(),
        worker(),
        join(),
        addresses(),
        simulator(),
    ];
    tables.into_iter().flatten().collect()
}

fn flags() -> Vec<Row> {
    vec![
        row("no command", "", &["Usage: parlor <COMMAND>"]),
        row("unknown command", "strat", &["'strat'", "'start'"]),
        row(
            "unknown flag",
            "start --max-call 3",
            &["'--max-call'", "'--max-calls'"],
        ),
        row(
            "flag without value",
            "start --max-calls",
            &["a value is required for '--max-calls <N>'"],
        ),
        row(
            "number out of range",
            "start --max-calls 0",
            &["'0' for '--max-calls <N>': it must be from 1 to 65535"],
        ),
        row(
            "number that is a word",
            "start --max-calls many",
            &["'many' for '--max-calls <N>': it must be a whole number"],
        ),
        row(
            "negative number",
            "start --drain-timeout -1",
            &["'-1' for '--drain-timeout <SECONDS>': it must be"],
        ),
        row(
            "share as percentage",
            "start --load-threshold 70",
            &["it must be a number above 0 and up to 1"],
        ),
        row(
            "address without host",
            "start --health 8081",
            &[
                "'8081' for '--health <ADDR>': it must be an IP address and a port, for example 127.0.0.1:8080",
            ],
        ),
        row(
            "address with a host name",
            "web --listen localhost:8080",
            &["it must be an IP address and a port"],
        ),
        row(
            "switch with another word",
            "start --adopt-rooms=maybe",
            &["'maybe'", "true, false"],
        ),
        row(
            "choice with a typo",
            "start --agent-for rooms",
            &["'rooms'", "a similar value exists: 'room'"],
        ),
        row(
            "memory too small",
            "start --cell-memory 10",
            &["'10' for '--cell-memory <MIB>': it must be from 64 to 4294967295"],
        ),
        row("join without room", "join", &["--room <ROOM>"]),
        row(
            "join with empty room",
            "join --room ''",
            &["a value is required for '--room <ROOM>'"],
        ),
        row(
            "join with empty identity",
            "join --room r --identity ''",
            &["a value is required for '--identity <IDENTITY>'"],
        ),
        row(
            "seconds that are a word",
            "join --room r --caller-wait long",
            &["'long' for '--caller-wait <SECONDS>': it must be a whole number"],
        ),
        row(
            "token for no hours",
            "token --room r --hours 0",
            &["'0' for '--hours <HOURS>': it must be from 1 to 8760"],
        ),
        row(
            "token with empty room",
            "token --room ''",
            &["a value is required for '--room <ROOM>'"],
        ),
        row(
            "origin without scheme",
            "web --allow-origin app.example",
            &[
                "'app.example' for '--allow-origin <ORIGIN>'",
                "https://app.example",
            ],
        ),
        row(
            "address of LiveKit without scheme",
            "web --livekit-url localhost:7880",
            &["for '--livekit-url <URL>': it must start with wss://, ws://"],
        ),
        row(
            "address of LiveKit with a password",
            "web --livekit-url wss://user:CANARY@livekit.example",
            &["for '--livekit-url <URL>': it must not contain a user name or a password"],
        ),
        row(
            "flags that exclude each other",
            "demo --web --caller a.wav",
            &["'--web [<ADDR>]' cannot be used with '--caller <FILE>'"],
        ),
        row(
            "tool rule without tool",
            "demo --tool hello",
            &["'hello' for '--tool", "WORD=TOOL"],
        ),
    ]
}

fn names_and_files() -> Vec<Row> {
    vec![
        row(
            "web --voices without a choice",
            "web --voices --listen 127.0.0.1:0",
            &["set [voice] choices"],
        )
        .files(&[("agent.toml", b"name = 'Ada'")]),
        row(
            "web --agent without --voices",
            "web --agent nowhere.toml --listen 127.0.0.1:0",
            &[
                "--agent has no effect without --voices",
                "talk to the agent",
            ],
        )
        .runs(),
        row(
            "demo page for others",
            "demo --web 0.0.0.0:8080",
            &["give --web a loopback address"],
        )
        .fails(),
        row(
            "demo output in a missing folder",
            "demo --out no/heard.wav",
            &["cannot write no/heard.wav: there is no folder no", "--out"],
        )
        .only(&[])
        .fails(),
        row(
            "demo output that is a folder",
            "demo --out folder",
            &["cannot write folder: it is a directory"],
        )
        .only(&[])
        .fails(),
        row(
            "demo without livekit-server",
            "demo",
            &["cannot start /nowhere/livekit-server"],
        )
        .only(&[("PARLOR_LIVEKIT_SERVER", "/nowhere/livekit-server")])
        .fails(),
    ]
}

fn variables() -> Vec<Row> {
    vec![
        row(
            "nothing is set",
            "start",
            &[
                "4 problems",
                "LIVEKIT_URL is not set",
                "LIVEKIT_API_KEY is not set",
                "LIVEKIT_API_SECRET is not set",
                "ASSEMBLYAI_API_KEY is not set",
            ],
        )
        .only(&[]),
        row(
            "several are wrong",
            "start",
            &[
                "6 problems",
                "PARLOR_MAX_CALLS is invalid: it must be a whole number from 1 to 65535",
                "PARLOR_HEALTH is invalid: it must be an IP address and a port",
                "LIVEKIT_URL is invalid: it must start with",
                "LIVEKIT_API_SECRET is not set",
            ],
        )
        .only(&[
            ("LIVEKIT_URL", "CANARY"),
            ("PARLOR_MAX_CALLS", "0"),
            ("PARLOR_HEALTH", "CANARY"),
        ]),
        row(
            "address without scheme",
            "token --room r",
            &["LIVEKIT_URL is invalid: it must start with wss://"],
        )
        .with(&[("LIVEKIT_URL", "localhost:7880")]),
        row(
            "address with password",
            "start",
            &["LIVEKIT_URL is invalid: it must not contain a user name or a password"],
        )
        .with(&[("LIVEKIT_URL", "wss://user:CANARY@livekit.example")]),
        row(
            "address with query",
            "start",
            &["LIVEKIT_URL is invalid: it must not contain a query"],
        )
        .with(&[("LIVEKIT_URL", "wss://livekit.example?token=CANARY")]),
        row(
            "key with a space",
            "start",
            &["LIVEKIT_API_KEY is invalid: it must be ASCII without white space"],
        )
        .with(&[("LIVEKIT_API_KEY", "the CANARY")]),
        row(
            "key in quotation marks",
            "start",
            &["ASSEMBLYAI_API_KEY is invalid: remove the quotation marks around it"],
        )
        .with(&[("ASSEMBLYAI_API_KEY", "\"CANARY\"")]),
        row(
            "secret in quotation marks",
            "token --room r",
            &["LIVEKIT_API_SECRET is invalid: remove the quotation marks around it"],
        )
        .with(&[("LIVEKIT_API_SECRET", "'CANARY'")]),
        row(
            "secret of two lines",
            "start",
            &["LIVEKIT_API_SECRET is invalid: it must not contain control characters"],
        )
        .with(&[("LIVEKIT_API_SECRET", "the\nCANARY")]),
        row(
            "address of the API without scheme",
            "start",
            &["ASSEMBLYAI_BASE_URL is invalid: it must start with wss://"],
        )
        .with(&[("ASSEMBLYAI_BASE_URL", "agents.assemblyai.com")]),
        row(
            "switch that is no switch",
            "web",
            &["PARLOR_WEB_VOICES is invalid: it must be true or false"],
        )
        .with(&[("PARLOR_WEB_VOICES", "1")]),
        row(
            "log filter",
            "start",
            &["PARLOR_LOG is invalid: it must be a level"],
        )
        .with(&[("PARLOR_LOG", "parlor=CANARY")]),
        row(
            "log format",
            "start",
            &["PARLOR_LOG_FORMAT is invalid: it must be auto, text or json"],
        )
        .with(&[("PARLOR_LOG_FORMAT", "CANARY")]),
        row(
            "barge-in policy",
            "start",
            &["PARLOR_BARGE_IN is invalid: it must be immediate, hold or confirmed"],
        )
        .with(&[("PARLOR_BARGE_IN", "CANARY")]),
        row(
            "negative seconds",
            "start",
            &["PARLOR_CALLER_WAIT is invalid: it must be a number of seconds from 0"],
        )
        .with(&[("PARLOR_CALLER_WAIT", "-1")]),
        row(
            "proxy of an unknown kind",
            "start",
            &["HTTPS_PROXY is invalid: it must look like http://"],
        )
        .with(&[("HTTPS_PROXY", "ftp://CANARY")]),
        row(
            "misspelled name",
            "token --room r",
            &["PARLOR_MAXCALLS is set, but is not a variable of Parlor; did you mean PARLOR_MAX_CALLS?"],
        )
        .with(&[("PARLOR_MAXCALLS", "CANARY")])
        .never(&["is invalid"])
        // The token is the purpose of the command.
        .succeeds(),
        row(
            "misspelled name of a required variable",
            "start",
            &["LIVEKIT_API_SECRT is set, but is not a variable of Parlor; did you mean LIVEKIT_API_SECRET?", "LIVEKIT_API_SECRET is not set"],
        )
        .only(&[
            ("LIVEKIT_URL", "ws://{closed}"),
            ("LIVEKIT_API_KEY", "key"),
            ("LIVEKIT_API_SECRT", "CANARY"),
            ("ASSEMBLYAI_API_KEY", "CANARY"),
        ]),
        row(
            "agent file that does not exist",
            "start",
            &["cannot read nowhere.toml: there is no such file", "PARLOR_AGENT"],
        )
        .with(&[("PARLOR_AGENT", "nowhere.toml")]),
    ]
}

fn dotenv() -> Vec<Row> {
    const STATED: &str = "expected NAME=value; a value with spaces needs quotation marks";
    vec![
        row(
            ".env with a line that is none",
            "token --room r",
            &[".env, line 2: ", STATED],
        )
        .files(&[(".env", b"A=1\nCANARY here\n")]),
        row(
            ".env with a colon",
            "token --room r",
            &[".env, line 1: ", STATED, "LIVEKIT_URL is not set"],
        )
        .only(&[])
        .files(&[(".env", b"LIVEKIT_API_KEY: CANARY\n")]),
        row(
            ".env with an open quotation mark",
            "start",
            &[".env, line 1: a quotation mark is never closed"],
        )
        .files(&[(".env", b"LIVEKIT_API_SECRET=\"CANARY\nA=1\n")]),
        row(
            ".env that is not UTF-8",
            "start",
            &[".env, line 2: not valid UTF-8"],
        )
        .files(&[(".env", b"A=1\nB=\xffCANARY\n")]),
        row(
            ".env that is wrong for a command without settings",
            "sim --listen 127.0.0.1:0",
            &[
                ".env, line 1: ",
                STATED,
                "ignoring the rest",
                "listening on",
            ],
        )
        .files(&[(".env", b"A=b CANARY\n")])
        .runs(),
    ]
}

fn agent_syntax() -> Vec<Row> {
    vec![
        row(
            "agent file: missing",
            "join --room r --agent nowhere.toml",
            &["cannot read nowhere.toml: there is no such file", "--agent"],
        ),
        row(
            "agent file: directory",
            "join --room r --agent folder",
            &["cannot read folder: it is a directory", "--agent"],
        ),
        row(
            "agent file: not UTF-8",
            "join --room r --agent a.toml",
            &["a.toml:2: not valid UTF-8: save the file as UTF-8"],
        )
        .files(&[("a.toml", b"name = 'Ada'\nprompt = '\xe4'\n")]),
        row(
            "agent file: JSON",
            "join --room r --agent a.json",
            &["a.json:1: "],
        )
        .files(&[("a.json", b"{\"name\": \"CANARY\"}")]),
        agent!(
            "open quotation mark",
            "name = \"CANARY\nprompt = 1\n",
            &["a.toml:1: "]
        ),
        agent!(
            "without =",
            "prompt = 'Hi'\nname \"CANARY\"\n",
            &["a.toml:2: ", "expected `=`"]
        ),
        agent!(
            "text without quotation marks",
            "greeting = CANARY there\n",
            &["a.toml:1: ", "must be quoted"]
        ),
        agent!(
            "key twice",
            "name = 'A'\nname = 'B'\n",
            &["a.toml:2: duplicate key"]
        ),
        agent!(
            "table twice",
            "[voice]\nname = 'a'\n[voice]\nvolume = 1\n",
            &["a.toml:3: duplicate key"]
        ),
    ]
}

fn agent_fields() -> Vec<Row> {
    vec![
        agent!(
            "unknown field",
            "greting = 'CANARY'\n",
            &["a.toml:1: unknown field `greting`; did you mean `greeting`?"]
        ),
        agent!(
            "unknown table",
            "[voices]\nname = 'alba'\n",
            &["a.toml:1: unknown field `voices`; did you mean `voice`?"]
        ),
        agent!(
            "unknown field of a table",
            "[voice]\nnmae = 'CANARY'\n",
            &["a.toml:2: unknown field `nmae` in [voice]; did you mean `name`?"]
        ),
        agent!(
            "unknown field that resembles none",
            "[voice]\nxyzzy = 1\n",
            &[
                "a.toml:2: unknown field `xyzzy` in [voice]; the known ones are `name`, `volume`, `choices`"
            ]
        ),
        agent!(
            "field of the file in a table",
            "[voice]\nname = 'alba'\nprompt = 'CANARY'\n",
            &["a.toml:3: unknown field `prompt` in [voice]; it belongs to the top of the file"]
        ),
        agent!(
            "unknown field of a phase",
            "[[phases]]\nname = 'a'\nafter_tools = ['x']\n",
            &["a.toml:3: unknown field `after_tools` in [[phases]]; did you mean `after_tool`?"]
        ),
        agent!(
            "tool instead of tools",
            "[[tool]]\nbuiltin = 'end_call'\n",
            &["a.toml:1: unknown field `tool`; did you mean `tools`?"]
        ),
        agent!(
            "single brackets",
            "[tools]\nbuiltin = 'end_call'\n",
            &["a.toml:1: [tools] is a list of tables: write [[tools]]"]
        ),
        agent!(
            "double brackets",
            "[[limits]]\nidle = 5\n",
            &["a.toml:1: [[limits]] is one table: write [limits]"]
        ),
        agent!(
            "text instead of a table",
            "voice = 'CANARY'\n",
            &["a.toml:1: voice must be a table, not a text in quotation marks"]
        ),
        agent!(
            "missing field",
            "[patience]\nafter = ['spell']\n",
            &["a.toml:1: [patience] has no `min_silence`"]
        ),
        agent!(
            "phase without name",
            "[[phases]]\nprompt = 'CANARY'\n",
            &["a.toml:1: [[phases]] has no `name`"]
        ),
        agent!(
            "several at once",
            "greting = 'CANARY'\nname = 5\n[voice]\nvolume = 900\nnmae = 'x'\n[turns]\nbarge_in = 'imediate'\nvad_threshold = 2\n[[tools]]\nname = 'look up!'\ndescription = 'x'\nrpc = { method = 'm' }\n[lines]\ngoodbye = '{{ caller.nme }}'\n",
            &[
                "invalid configuration, 8 problems",
                "a.toml:1: unknown field `greting`; did you mean `greeting`?",
                "a.toml:2: name must be a text in quotation marks, not a whole number",
                "a.toml:5: unknown field `nmae` in [voice]; did you mean `name`?",
                "a.toml:7: [turns] barge_in must be `immediate`, `hold` or `confirmed`; did you mean `immediate`?",
                "a.toml:4: [voice] volume must be from 0 to 100",
                "a.toml:8: [turns] vad_threshold must be from 0 to 1",
                "a.toml:9: [[tools]] \"look up!\" name must be 1 to 64 characters",
                "a.toml:14: [lines] goodbye: unknown variable caller.nme; did you mean `caller.name`?",
            ]
        ),
    ]
}

fn agent_values() -> Vec<Row> {
    vec![
        agent!(
            "wrong type",
            "name = 5\n",
            &["a.toml:1: name must be a text in quotation marks, not a whole number"]
        ),
        agent!(
            "volume too large",
            "[voice]\nvolume = 900\n",
            &["a.toml:2: [voice] volume must be from 0 to 100"]
        ),
        agent!(
            "negative volume",
            "[voice]\nvolume = -1\n",
            &["a.toml:2: [voice] volume must be from 0 to 100"]
        ),
        agent!(
            "volume as text",
            "[voice]\nvolume = 'CANARY'\n",
            &["a.toml:2: [voice] volume must be a whole number, not a text in quotation marks"]
        ),
        agent!(
            "choice with a typo",
            "[turns]\nbarge_in = 'imediate'\n",
            &[
                "a.toml:2: [turns] barge_in must be `immediate`, `hold` or `confirmed`; did you mean `immediate`?"
            ]
        ),
        agent!(
            "choice that is none",
            "[room]\nhear = 'CANARY'\n",
            &["a.toml:2: [room] hear must be `linked`, `mix` or `loudest`"]
        ),
        agent!(
            "voice choices",
            "[voice]\nchoices = 3\n",
            &["a.toml:2: [voice] choices must be \"all\" or a list of voice names"]
        ),
        agent!(
            "negative milliseconds",
            "[turns]\nmin_silence = -5\n",
            &["a.toml:2: [turns] min_silence must be from 50 to 10000"]
        ),
        agent!(
            "silences the wrong way round",
            "[turns]\nmin_silence = 5000\nmax_silence = 1000\n",
            &["[turns] min_silence must be less than max_silence"]
        ),
        agent!(
            "two limits",
            "[limits]\nidle = -1\nduration = 0\n",
            &[
                "2 problems",
                "[limits] idle must be more than 0",
                "[limits] duration must be more than 0",
            ]
        ),
        agent!(
            "cost without price",
            "[limits]\ncost = 1\n",
            &["[limits] cost needs price"]
        ),
        agent!(
            "phases of the same name",
            "[[phases]]\nname = 'a'\n[[phases]]\nname = 'a'\n",
            &["[[phases]] \"a\": each phase needs a unique name"]
        ),
        agent!(
            "unknown sound",
            "[sounds]\nthinking = 'typing'\n",
            &[
                "a.toml:2: [sounds] thinking: unknown sound",
                "\"keys\", \"chime\""
            ]
        ),
        agent!(
            "missing sound",
            "[sounds]\nhold = 'nowhere.wav'\n",
            &["a.toml:2: [sounds] hold: ", "nowhere.wav"]
        ),
        agent!(
            "empty line",
            "[lines]\nidle = ['']\n",
            &["[lines] must not contain empty lines"]
        ),
        agent!(
            "recording without folder",
            "[report]\nrecording = 'wav'\n",
            &["[report] recording requires folder to be set"]
        ),
        agent!(
            "redaction pattern",
            "[report.redact]\npatterns = ['(']\n",
            &["[report.redact] patterns: \"(\" is not valid: unclosed group"]
        ),
        agent!(
            "secret that is not set",
            "[webhook]\nurl = 'https://a.example'\nevents = ['session.ended']\nsecret = 'NO_SUCH'\n",
            &["[webhook] secret: the environment variable NO_SUCH is not set"]
        ),
    ]
}

fn agent_tools() -> Vec<Row> {
    vec![
        agent!(
            "tool name",
            "[[tools]]\nname = 'look up!'\ndescription = 'x'\nrpc = { method = 'm' }\n",
            &["[[tools]] \"look up!\" name must be 1 to 64 characters (a-z, A-Z, 0-9, _ or -)"]
        )
        .never(&["tools[0]"]),
        agent!(
            "tool that does nothing",
            "[[tools]]\nname = 'x'\ndescription = 'x'\n",
            &["[[tools]] \"x\" needs exactly one of http, rpc and builtin"]
        ),
        agent!(
            "tool without description",
            "[[tools]]\nname = 'x'\nrpc = { method = 'm' }\n",
            &["[[tools]] \"x\" needs a description"]
        ),
        agent!(
            "unknown builtin",
            "[[tools]]\nbuiltin = 'hang_up'\n",
            &["a.toml:2: [[tools]] builtin must be `end_call`, `set_state`"]
        ),
        agent!(
            "unknown field of a request",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nhttp = { method = 'GET', uri = 'https://CANARY.example' }\n",
            &["a.toml:4: unknown field `uri` in tools.http; did you mean `url`?"]
        )
        .never(&["problems", "needs exactly one of"]),
        agent!(
            "method in lower case",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nhttp = { method = 'get', url = 'https://a.example/' }\n",
            &["a.toml:4: tools.http.method must be `GET`, `HEAD`", "did you mean `GET`?"]
        ),
        agent!(
            "request without host",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nhttp = { url = 'shop' }\n",
            &["[[tools]] \"x\": url: its host must be literal"]
        ),
        agent!(
            "request to a private network",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nhttp = { url = 'http://127.0.0.1/' }\n",
            &["its host is in a private network; allow it with allow_private = true"]
        ),
        agent!(
            "request with a variable that is not set",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nhttp = { url = 'https://a.example/', headers = { A = '{{ env.NO_SUCH }}' } }\n",
            &["[[tools]] \"x\": headers.A: the environment variable NO_SUCH is not set"]
        ),
        agent!(
            "request with an unknown argument",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nhttp = { url = 'https://a.example/{{ args.order }}' }\n",
            &["[[tools]] \"x\": args.order is not among the tool's parameters"]
        ),
        agent!(
            "parameters that are no object",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nparameters = { type = 'array' }\nrpc = { method = 'm' }\n",
            &["[[tools]] \"x\" parameters must be a JSON Schema with \"type\": \"object\""]
        ),
        agent!(
            "tools of the same name",
            "[[tools]]\nname = 'x'\ndescription = 'x'\nrpc = { method = 'm' }\n[[tools]]\nname = 'x'\ndescription = 'x'\nrpc = { method = 'm' }\n",
            &["[[tools]] \"x\": there are two tools of that name"]
        ),
        agent!(
            "timeout too long",
            "[[tools]]\nname = 'x'\ndescription = 'x'\ntimeout = 1000\nrpc = { method = 'm' }\n",
            &["[[tools]] \"x\" timeout must be from 0.1 to 290 seconds"]
        ),
        agent!(
            "transfer without destinations",
            "[[tools]]\nbuiltin = 'transfer_call'\n",
            &["[[tools]] \"transfer_call\" destinations are required"]
        ),
        agent!(
            "MCP server without command",
            "[[mcp]]\nname = 'x'\n",
            &["mcp \"x\": exactly one of command and url is required"]
        ),
        agent!(
            "MCP server that cannot be started",
            "[[mcp]]\nname = 'x'\ncommand = '/nowhere/mcp'\nrequired = true\n",
            &["mcp \"x\" is required but not available: "]
        )
        .fails(),
    ]
}

fn agent_templates() -> Vec<Row> {
    vec![
        agent!(
            "template that never ends",
            "prompt = 'CANARY {{ caller.name'\n",
            &["prompt of \"start\": line 1: syntax error"]
        ),
        agent!(
            "unknown variable",
            "greeting = 'CANARY {{ caller.nme }}'\n",
            &["greeting of \"start\": unknown variable caller.nme; did you mean `caller.name`?"]
        ),
        agent!(
            "unknown filter",
            "greeting = 'CANARY {{ caller.name | uper }}'\n",
            &["greeting of \"start\": line 1: ", "filter uper is unknown"]
        ),
    ]
}

/// `doctor` with a LiveKit server that does not answer as it should.
fn doctor_livekit() -> Vec<Row> {
    const ADDRESS: &str = "LIVEKIT_URL";
    let doctor = |name, says| row(name, "doctor", says).fails().never(&["ok   livekit"]);
    vec![
        doctor(
            "doctor: wrong secret",
            &["FAIL livekit          LiveKit at http://{401} refused the API key or secret (HTTP 401): check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"],
        )
        .with(&[(ADDRESS, "http://{401}")]),
        doctor(
            "doctor: wrong secret, and the answer is cut off",
            &["refused the API key or secret (HTTP 401)"],
        )
        .with(&[(ADDRESS, "http://{cut}")]),
        doctor(
            "doctor: a key without rights",
            &["denied access to the API key (HTTP 403): check LIVEKIT_API_KEY and its permissions"],
        )
        .with(&[(ADDRESS, "http://{403}")]),
        doctor(
            "doctor: no server",
            &["cannot reach LiveKit at ws://{closed}: connection refused: no server listens at this address; check LIVEKIT_URL"],
        )
        .never(&["check LIVEKIT_URL, LIVEKIT_API_KEY", "API_SECRET"]),
        doctor(
            "doctor: unknown host",
            &["cannot reach LiveKit at wss://nowhere.invalid: the host name cannot be resolved; check LIVEKIT_URL"],
        )
        .with(&[(ADDRESS, "wss://nowhere.invalid")]),
        doctor(
            "doctor: TLS to a server without it",
            &["the server does not speak TLS on this port: for a server without TLS, use ws://"],
        )
        .with(&[(ADDRESS, "wss://{html}")]),
        doctor(
            "doctor: a server that hangs",
            &["cannot reach LiveKit at ws://{silent}: no answer in time"],
        )
        .with(&[(ADDRESS, "ws://{silent}")]),
        doctor(
            "doctor: a server that closes the connection",
            &["cannot reach LiveKit at ws://{mute}: the server closed the connection"],
        )
        .with(&[(ADDRESS, "ws://{mute}")]),
        doctor(
            "doctor: another HTTP server",
            &["http://{404} responds, but not as a LiveKit server (HTTP 404): check the host, port and path in LIVEKIT_URL"],
        )
        .with(&[(ADDRESS, "http://{404}")]),
        doctor("doctor: a web page", &["not as a LiveKit server (HTTP 200)"])
            .with(&[(ADDRESS, "http://{html}")]),
        doctor("doctor: a redirection", &["not as a LiveKit server (HTTP 302)"])
            .with(&[(ADDRESS, "http://{302}")]),
        doctor("doctor: a failing server", &["LiveKit at http://{500} failed (HTTP 500)"])
            .with(&[(ADDRESS, "http://{500}")]),
        doctor("doctor: SSH", &["the server does not speak HTTP on this port"])
            .with(&[(ADDRESS, "ws://{ssh}")]),
        doctor(
            "doctor: a proxy that is down",
            &["the proxy http://{closed} cannot be reached"],
        )
        .with(&[
            (ADDRESS, "ws://livekit.example"),
            ("HTTP_PROXY", "http://user:CANARY@{closed}"),
        ]),
        doctor(
            "doctor: a SOCKS proxy",
            &["the proxy socks5://{closed} cannot be used: only http:// proxies are supported"],
        )
        .with(&[
            (ADDRESS, "ws://livekit.example"),
            ("HTTP_PROXY", "socks5://user:CANARY@{closed}"),
        ]),
    ]
}

/// `doctor` with a Voice Agent API that does not answer as it should.
fn doctor_api() -> Vec<Row> {
    const ADDRESS: &str = "ASSEMBLYAI_BASE_URL";
    let doctor = |name, says| row(name, "doctor", says).fails();
    vec![
        doctor(
            "doctor: wrong key of the API",
            &["FAIL voice agent api  ws://{401}: the API key was rejected (HTTP 401): check ASSEMBLYAI_API_KEY"],
        )
        .with(&[(ADDRESS, "ws://{401}")]),
        doctor(
            "doctor: no access to the API",
            &["ws://{403}: access was denied for this network, region or plan (HTTP 403)"],
        )
        .with(&[(ADDRESS, "ws://{403}")]),
        doctor(
            "doctor: no API",
            &["ws://{closed}: connection refused: no server listens at this address; check ASSEMBLYAI_BASE_URL"],
        ),
        doctor("doctor: a failing API", &["ws://{500}: the API failed (HTTP 500)"])
            .with(&[(ADDRESS, "ws://{500}")]),
        doctor(
            "doctor: another server as the API",
            &["warn voice agent api  ws://{404} responds, but does not list its voices"],
        )
        .with(&[(ADDRESS, "ws://{404}")])
        .never(&["ok   voice agent api"]),
        doctor("doctor: a web page as the API", &["ws://{html} responds, but does not list"])
            .with(&[(ADDRESS, "ws://{html}")]),
        doctor("doctor: too many requests", &["ws://{429} responds, but does not list"])
            .with(&[(ADDRESS, "ws://{429}")]),
        doctor(
            "doctor: unknown voice",
            &[
                "ok   voice agent api",
                "FAIL voice            [voice] name: the API has no voice \"albaa\"; did you mean `alba`?",
            ],
        )
        .with(&[(ADDRESS, "ws://{voices}")])
        .files(&[("agent.toml", b"[voice]\nname = 'albaa'\n")]),
        doctor(
            "doctor: unknown voice to choose",
            &["warn voice            [voice] choices: the API has no voice \"ivy\""],
        )
        .with(&[(ADDRESS, "ws://{voices}")])
        .files(&[("agent.toml", b"[voice]\nname = 'alba'\nchoices = ['ivy', 'vera']\n")])
        .never(&["FAIL voice "]),
    ]
}

fn doctor_others() -> Vec<Row> {
    vec![
        row(
            "doctor: agent file of --agent",
            "doctor --agent a.toml",
            &[
                "FAIL agent            a.toml:1: unknown field `greting`; did you mean `greeting`?",
                "FAIL agent            a.toml:3: [voice] volume must be from 0 to 100",
            ],
        )
        .files(&[("a.toml", b"greting = 'Hi'\n[voice]\nvolume = 900\n")])
        .fails(),
        row(
            "doctor: missing agent file",
            "doctor --agent nowhere.toml",
            &["FAIL agent            cannot read nowhere.toml: there is no such file"],
        )
        .fails(),
        row(
            "doctor: misspelled variable",
            "doctor",
            &[
                "warn settings         PARLOR_MAXCALLS is set",
                "did you mean PARLOR_MAX_CALLS?",
            ],
        )
        .with(&[("PARLOR_MAXCALLS", "CANARY")])
        .fails(),
        row(
            "doctor: two wrong variables",
            "doctor",
            &[
                "FAIL settings         PARLOR_HEALTH is invalid: it must be an IP address",
                "FAIL settings         PARLOR_MAX_CALLS is invalid: it must be a whole number",
            ],
        )
        .with(&[("PARLOR_MAX_CALLS", "CANARY"), ("PARLOR_HEALTH", "CANARY")])
        .fails(),
        row(
            "doctor: nothing is set",
            "doctor",
            &[
                "FAIL livekit          LIVEKIT_URL is not set",
                "FAIL livekit          LIVEKIT_API_KEY is not set",
                "FAIL voice agent api  ASSEMBLYAI_API_KEY is not set",
            ],
        )
        .only(&[])
        .fails(),
        row(
            "doctor: missing native core",
            "doctor",
            &["FAIL native core", "Run `make setup`", "/nowhere/core.so"],
        )
        .with(&[("PARLOR_NATIVE_CORE", "/nowhere/core.so")])
        .fails(),
        row(
            "doctor: native core that is none",
            "doctor",
            &[
                "FAIL native core",
                "core.so cannot be loaded: ",
                "Run `make setup`",
            ],
        )
        .with(&[("PARLOR_NATIVE_CORE", "core.so")])
        .files(&[("core.so", b"hello")])
        .fails(),
    ]
}

/// A worker whose LiveKit server does not answer as it should.
fn worker() -> Vec<Row> {
    const ADDRESS: &str = "LIVEKIT_URL";
    const START: &str = "start --health 127.0.0.1:0";
    vec![
        row(
            "start: wrong secret",
            START,
            &["parlor: LiveKit at ws://{401} refused the API key or secret (HTTP 401): check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"],
        )
        .with(&[(ADDRESS, "ws://{401}")])
        .fails(),
        row(
            "start: a key without rights",
            START,
            &["parlor: LiveKit at ws://{403} denied access to the API key (HTTP 403)"],
        )
        .with(&[(ADDRESS, "ws://{403}")])
        .fails(),
        row("dev: wrong secret", "dev", &["parlor: LiveKit at ws://{401} refused the API key"])
            .with(&[(ADDRESS, "ws://{401}")])
            .fails(),
        row(
            "start: no server",
            START,
            &["not connected to LiveKit", "connection refused: no server listens at this address"],
        )
        .runs(),
        row("start: unknown host", START, &["the host name cannot be resolved"])
            .with(&[(ADDRESS, "wss://nowhere.invalid")])
            .runs(),
        row("start: TLS to a server without it", START, &["does not speak TLS on this port"])
            .with(&[(ADDRESS, "wss://{html}")])
            .runs(),
        row(
            "start: another HTTP server",
            START,
            &["ws://{404} responds, but not as a LiveKit server (HTTP 404)"],
        )
        .with(&[(ADDRESS, "ws://{404}")])
        .runs(),
        row("start: a failing server", START, &["LiveKit at ws://{500} failed (HTTP 500)"])
            .with(&[(ADDRESS, "ws://{500}")])
            .runs(),
        row("start: SSH", START, &["the server does not speak HTTP on this port"])
            .with(&[(ADDRESS, "ws://{ssh}")])
            .runs(),
    ]
}

/// `join` with a LiveKit server that does not answer as it should.
fn join() -> Vec<Row> {
    const ADDRESS: &str = "LIVEKIT_URL";
    let join = |name, says| row(name, "join --room r", says).fails();
    vec![
        join(
            "join: wrong secret",
            &["parlor: LiveKit at ws://{401} refused the API key or secret (HTTP 401): check LIVEKIT_API_KEY"],
        )
        .with(&[(ADDRESS, "ws://{401}"), ("PARLOR_LOG", "off")]),
        join(
            "join: no server",
            &["parlor: cannot join the room r at ws://{closed}: connection refused: no server listens at this address; check LIVEKIT_URL"],
        )
        .with(&[("PARLOR_LOG", "off")]),
        join(
            "join: a web page",
            &["parlor: cannot join the room r at ws://{html}: this may not be a LiveKit server"],
        )
        .with(&[(ADDRESS, "ws://{html}"), ("PARLOR_LOG", "off")]),
        join(
            "join: another HTTP server",
            &["parlor: cannot join the room r at ws://{404}: this may not be a LiveKit server"],
        )
        .with(&[(ADDRESS, "ws://{404}"), ("PARLOR_LOG", "off")]),
        join("join: unknown host", &["the host name cannot be resolved; check LIVEKIT_URL"])
            .with(&[(ADDRESS, "wss://nowhere.invalid"), ("PARLOR_LOG", "off")]),
        join("join: TLS to a server without it", &["does not speak TLS on this port"])
            .with(&[(ADDRESS, "wss://{html}"), ("PARLOR_LOG", "off")]),
    ]
}

/// Addresses that cannot be listened on.
fn addresses() -> Vec<Row> {
    const USED: &str =
        "cannot listen on {silent}: another program uses the port; choose another address with ";
    const FOREIGN: &str = "this machine does not have the address; choose another address with ";
    let address = |name, command, says| row(name, command, says).fails();
    vec![
        address(
            "start: port in use",
            "start --health {silent}",
            &[USED, "with --health"],
        ),
        address(
            "dev: port in use",
            "dev --health {silent}",
            &[USED, "with --health"],
        ),
        address(
            "web: port in use",
            "web --listen {silent}",
            &[USED, "with --listen"],
        ),
        address(
            "sim: port in use",
            "sim --listen {silent}",
            &[USED, "with --listen"],
        ),
        address(
            "start: foreign address",
            "start --health 203.0.113.1:8081",
            &[FOREIGN],
        ),
        address(
            "web: foreign address",
            "web --listen 203.0.113.1:8080",
            &[FOREIGN],
        ),
        address(
            "sim: foreign address",
            "sim --listen 203.0.113.1:8765",
            &[FOREIGN],
        ),
    ]
}

fn simulator() -> Vec<Row> {
    vec![
        row(
            "sim: misspelled scenario",
            "sim --scenario cut-tol-call",
            &[
                "no built-in scenario and no file cut-tol-call",
                "--scenario list",
                "; did you mean `cut-tool-call`?",
            ],
        )
        .fails(),
        row(
            "sim: scenario with an unknown field",
            "sim --scenario s.toml",
            &["s.toml:1: unknown field `abuot`", "`about`"],
        )
        .files(&[("s.toml", b"abuot = 'x'\n")])
        .fails(),
        row(
            "sim: missing recording",
            "sim --replay nowhere",
            &["cannot read nowhere: "],
        )
        .fails(),
        row(
            "sim: invalid recording",
            "sim --replay r.jsonl",
            &[
                "cannot replay r.jsonl: line 1 is not a valid line",
                "`parlor sim --record`",
            ],
        )
        .files(&[("r.jsonl", b"hello\n")])
        .fails(),
        row(
            "sim: recording in a missing folder",
            "sim --listen 127.0.0.1:0 --record no/r.jsonl",
            &["cannot record to no/r.jsonl: ", "--record"],
        )
        .fails(),
        row(
            "sim: tool rule with invalid JSON",
            "sim --tool a=b:{",
            &["'a=b:{' for '--tool", "WORD=TOOL:{JSON}"],
        ),
    ]
}
