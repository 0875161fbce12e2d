// Unit tests of the page's measurements and stream handling, without a browser.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { AgentSession } from '@livekit/protocol';
import { runnerImport } from 'vite';

let Turns, Transcript, followTools;

before(async () => {
  const load = async (path) => (await runnerImport(path)).module;
  ({ Turns } = await load('./src/sound/turns.ts'));
  ({ Transcript } = await load('./src/call/transcript.ts'));
  ({ followTools } = await load('./src/call/tools.ts'));
});

/** Waits measured for pieces of [seconds, your level, the agent's level]. */
function waits(...pieces) {
  const turns = new Turns();
  const found = [];
  let at = 0;
  for (const [seconds, you, agent] of pieces) {
    for (const end = at + seconds; at < end; at += 0.01) {
      const wait = turns.hear({ at, you, agent });
      if (wait !== undefined) found.push(Number(wait.toFixed(1)));
    }
  }
  return found;
}

test('a wait lasts from your last sound to the first of the reply', () => {
  assert.deepEqual(waits([1, 0, 0], [1, 0.2, 0], [0.3, 0, 0], [1, 0.2, 0], [0.7, 0, 0], [2, 0, 0.2]), [0.7]);
});

test('a greeting, a click and a word during a reply are not turns', () => {
  assert.deepEqual(waits([1, 0, 0], [1, 0, 0.2]), []);
  assert.deepEqual(waits([1, 0, 0], [0.05, 0.2, 0], [1, 0, 0], [1, 0, 0.2]), []);
  assert.deepEqual(waits([1, 0, 0.2], [0.3, 0.2, 0.2], [1, 0, 0.2], [0.6, 0, 0], [1, 0, 0.2]), []);
});

test('after a barge-in, the wait counts to the next reply', () => {
  assert.deepEqual(waits([1, 0, 0.2], [0.3, 0.2, 0.2], [1, 0.2, 0], [0.9, 0, 0], [1, 0, 0.2]), [0.9]);
});

test('background noise is not a turn', () => {
  assert.deepEqual(waits([1, 0, 0], [3, 0.008, 0], [1, 0.008, 0.2]), []);
});

/** A fake room with you and an agent, to which tests send streams. */
function roomWithAgent() {
  const handlers = new Map();
  const agent = { identity: 'agent', name: 'Parlor', kind: 4, attributes: {} };
  const room = {
    localParticipant: { identity: 'you' },
    remoteParticipants: new Map([['agent', agent]]),
    registerTextStreamHandler: (topic, handler) => handlers.set(topic, handler),
    registerByteStreamHandler: (topic, handler) => handlers.set(topic, handler),
  };
  return { room, handlers };
}

/** Final lines of the transcript after these streams. */
async function lines(...streams) {
  const { room, handlers } = roomWithAgent();
  const shown = new Map();
  new Transcript(room, ({ id, speaker, text, open, cut }) => shown.set(id, { speaker, text, open, cut }));
  for (const [id, from, chunks, header, trailer] of streams) {
    const reader = {
      info: { id, attributes: header },
      async *[Symbol.asyncIterator]() {
        yield* chunks;
        reader.info.attributes = { ...header, ...trailer };
      },
    };
    await handlers.get('lk.transcription')(reader, { identity: from });
  }
  return [...shown.values()];
}

const SEGMENT = 'lk.segment_id';
const FINAL = 'lk.transcription_final';

test('each interim transcript replaces the previous one', async () => {
  const interim = { [SEGMENT]: 'a', [FINAL]: 'false' };
  const shown = await lines(
    ['1', 'you', ['what'], interim],
    ['2', 'you', ['what our'], interim],
    ['3', 'you', ['What hours?'], { ...interim, [FINAL]: 'true' }],
  );
  assert.deepEqual(shown, [{ speaker: 'you', text: 'What hours?', open: false, cut: false }]);
});

test("the agent's line grows and is cut off by a barge-in", async () => {
  const trailer = { [FINAL]: 'true', 'lk.transcription_interrupted': 'true' };
  const shown = await lines(['1', 'agent', ['We', ' are', ' open'], { [SEGMENT]: 'b', [FINAL]: 'false' }, trailer]);
  assert.deepEqual(shown, [{ speaker: 'agent', text: 'We are open', open: false, cut: true }]);
});

test('plain text is a line, empty text is not, and other participants are labelled as such', async () => {
  const shown = await lines(['1', 'agent', ['Hello.']], ['2', 'agent', []], ['3', 'eve', ['Hi.']]);
  assert.deepEqual(
    shown.map(({ speaker, text }) => [speaker, text]),
    [
      ['agent', 'Hello.'],
      ['other', 'Hi.'],
    ],
  );
});

/** Tool call updates that the page receives for these events from a participant. */
async function tools(from, ...events) {
  const { room, handlers } = roomWithAgent();
  const told = [];
  followTools(room, (call) => told.push(call));
  for (const event of events) {
    const message = new AgentSession.AgentSessionMessage({ message: { case: 'event', value: { event } } });
    const reader = { info: {}, readAll: async () => [message.toBinary()] };
    await handlers.get('lk.agent.session')(reader, { identity: from });
  }
  return told;
}

const CALL = { callId: 'c', name: 'book_table', arguments: '{"people":2}' };
const STARTED = { case: 'functionToolsStarted', value: { functionCalls: [CALL] } };
const RUNNING = { id: 'c', name: 'book_table', input: '{"people":2}', status: 'running' };

test('a tool call starts and ends with its result', async () => {
  const functionCallOutputs = [{ callId: 'c', output: 'booked', isError: false }];
  const executed = { case: 'functionToolsExecuted', value: { functionCalls: [CALL], functionCallOutputs } };
  assert.deepEqual(await tools('agent', STARTED, executed), [
    RUNNING,
    { id: 'c', name: 'book_table', input: '{"people":2}' },
    { id: 'c', output: 'booked', status: 'done' },
  ]);
});

test('a tool call runs, reports its progress and is cancelled', async () => {
  const update = (update) => ({ case: 'toolExecutionUpdated', value: { update } });
  const told = await tools(
    'agent',
    update({ case: 'started', value: { functionCall: CALL } }),
    update({ case: 'callUpdated', value: { callId: 'c', message: 'half way' } }),
    update({ case: 'ended', value: { callId: 'c', status: AgentSession.ToolCallStatus.TC_CANCELLED } }),
  );
  assert.deepEqual(told, [RUNNING, { id: 'c', output: 'half way' }, { id: 'c', status: 'cancelled' }]);
});

test('tool calls are accepted from the agent only', async () => {
  assert.deepEqual(await tools('eve', STARTED), []);
});
