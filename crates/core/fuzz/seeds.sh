#!/usr/bin/env bash
# Writes the seed corpus: real messages of each peer, and real agent files.
set -euo pipefail
cd "$(dirname "$0")"

mkdir -p corpus/{agent_json,agent_toml,worker_protobuf}

# A length-delimited Protobuf field: field number, and content of fewer than 128 bytes.
field() {
    printf '%b%s' "\\0$(printf %03o $(($1 << 3 | 2)))\\0$(printf %03o ${#2})" "$2"
}

frame() {
    field "$2" "$3" >"corpus/worker_protobuf/$1"
}

room=$(field 3 "$(field 2 kitchen)")
caller=$(field 4 "$(field 2 ada)")
job=$(field 1 "$(field 1 AJ_1)$room$caller$(field 6 '{"lang":"en"}')$(field 12 "$(field 1 tier)$(field 2 gold)")")
frame registered 1 "$(field 1 AW_1)"
frame offer 2 "$job"
frame assignment 3 "$job$(field 2 wss://host.example)$(field 3 token)"
frame termination 5 "$(field 1 AJ_1)"
frame go_away 6 "$(field 1 drain)"

cat >corpus/agent_json/session <<'JSON'
{"type":"session.updated","config":{"id":"sess_1"}}
{"type":"session.ready","session_id":"sess_1","expires_at":1790000000,"resume_token":"t0ken","timestamp":1.5,"config":{"tools":[{"name":"weather","http":{}},{"name":"tea","http":null}]}}
{"type":"session.error","code":"UNAUTHORIZED","message":"Authentication failed","session_id":null,"param":null}
{"type":"session.ended","session_duration_seconds":3.2,"audio_duration_seconds":null}
JSON
cat >corpus/agent_json/turn <<'JSON'
{"type":"input.speech.started","timestamp":"2026-09-24T10:00:00Z"}
{"type":"transcript.user.delta","item_id":"msg_1","text":"what ti"}
{"type":"input.speech.stopped"}
{"type":"transcript.user","item_id":"msg_1","text":"\"Gr\u00fcezi\"\n\ud83d\ude00"}
{"type":"reply.started","reply_id":"resp_1","item_id":"msg_2"}
{"type":"reply.audio","reply_id":"resp_1","data":"AAECAwQ="}
{"type":"reply.audio","reply_id":"resp_1","data":"BQYH"}
{"type":"transcript.agent.delta","reply_id":"resp_1","delta":"Ten","start_ms":0,"end_ms":180}
{"type":"transcript.agent","reply_id":"resp_1","text":"Ten.","interrupted":false}
{"type":"reply.done","reply_id":"resp_1","status":"completed"}
JSON
cat >corpus/agent_json/tool <<'JSON'
{"type":"tool.call","call_id":"call_1","name":"tea","arguments":{"cups":2}}
{"type":"tool.call","call_id":"call_2","name":"tea","arguments":"{\"cups\":2}"}
{"type":"reply.error","reply_id":"resp_1","code":"internal_error","message":"again","retryable":true}
{"type":"reply.done","reply_id":"resp_1","status":"interrupted"}
JSON

cp ../../../agent.toml corpus/agent_toml/shipped
cat >corpus/agent_toml/shop <<'TOML'
name = "Shop"
prompt = "You sell tea to {{ caller.name | default('a guest') }}."
greeting = "Hello."
phase = "hello"

[turns]
barge_in = "hold"

[patience]
after = ["spell"]
min_silence = 2000
max_silence = 6000

[limits]
idle = 20
duration = 600
cost = 1.5
price = 4.5
tool_calls = 40

[lines]
idle = ["Are you there?"]
goodbye = "Good bye."

[[phases]]
name = "order"
prompt = "Take the order."
tools = ["stock"]

[[tools]]
name = "stock"
description = "What there is."
timeout = 5
fillers = ["One moment."]
filler_after = 2
parameters = { type = "object", properties = { what = { type = "string" } }, required = ["what"] }
http = { method = "GET", url = "https://shop.example/stock/{what}", headers = { Authorization = "Bearer ${SHOP_TOKEN}" } }

[[tools]]
builtin = "end_call"

[[tools]]
builtin = "transfer_call"
destinations = { desk = "tel:+41441112233" }

[[mcp]]
name = "shop"
url = "https://shop.example/mcp"

[webhook]
url = "https://shop.example/calls"
events = ["session.ended"]
secret = "SHOP_TOKEN"
TOML
