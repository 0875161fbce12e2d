// A call from its first to its last word.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Demo, WITHIN } from './support/demo.mjs';
import { AGENT, heardFor, onset, silence, YOU } from './support/levels.mjs';

const GREETING = 'Hello, this is Parlor. How can I help you today?';
const HOURS = 'We are open from nine to five, Monday to Friday.';

const demo = new Demo();
let tab;

beforeEach(async () => {
  const visitor = await demo.arrive();
  tab = await visitor.open(demo.url);
});

test('the page loads under its content security policy without errors', WITHIN, async () => {
  const answer = await fetch(demo.url);
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'.*script-src 'self';/);
  await tab.is('Press to talk');
  await tab.screen('idle');
  assert.deepEqual(tab.errors, []);
});

test('the greeting is audible and in the transcript', WITHIN, async () => {
  const pressed = await tab.now();
  await tab.talk();
  await tab.is('Speaking');
  await tab.screen('speaking');
  await tab.is('Listening');
  const rows = await tab.rows();
  const first = onset(rows, AGENT, pressed);
  console.log(`greeting: audible ${ms(first - pressed)} after the press, for ${heardFor(rows, AGENT).toFixed(1)} s`);
  assert.ok(heardFor(rows, AGENT) > 1.5, 'the greeting is audible');
  assert.deepEqual(await tab.transcript(), [`agent: ${GREETING}`]);
  assert.deepEqual(tab.errors, []);
});

test('a question and its answer show as bubbles in order', WITHIN, async () => {
  await tab.begin();
  const asked = await tab.now();
  await tab.say('caller-hours');
  await tab.is('Speaking');
  await tab.is('Listening');
  assert.deepEqual(await tab.transcript(), [
    `agent: ${GREETING}`,
    'you: What are your opening hours?',
    `agent: ${HOURS}`,
  ]);
  const rows = await tab.rows();
  const end = silence(rows, YOU, onset(rows, YOU, asked), 0.4);
  const waited = onset(rows, AGENT, end) - end;
  const told = await tab.page.locator('#turns-words').textContent();
  console.log(`turn: measured ${ms(waited)}, the page says "${told}"`);
  assert.match(told, /^Replied after \d+ ms, median \d+ ms$/);
  await tab.screen('listening');
});

test('the agent hears what you say while the call starts', WITHIN, async () => {
  const letIn = await tab.holdToken();
  await tab.talk();
  await tab.recorded();
  await tab.say('caller-table');
  letIn();
  await tab.shows(tab.you, 'I would like to book a table for two.');
  const yours = (await tab.transcript()).filter((it) => it.startsWith('you'));
  assert.deepEqual(yours, ['you: I would like to book a table for two.']);
});

test('a barge-in silences the agent and cuts off its bubble', WITHIN, async () => {
  await tab.begin();
  await tab.say('caller-hours');
  await tab.is('Speaking');
  const reply = await heard(AGENT, await tab.now());
  const from = await tab.now();
  await tab.say('caller-stop');
  await tab.shows(tab.you, 'Stop, wait a moment');
  const rows = await tab.rows();
  const marker = onset(rows, YOU, from);
  const silent = silence(rows, AGENT, marker, 0.35);
  console.log(
    `barge-in: silent ${ms(silent - marker)} after your first sound, ${ms(marker - reply)} into the reply ` +
      '(a plain Python agent that stops at any sound: 69 to 80 ms)',
  );
  assert.ok(silent - marker < 1.5, 'the agent falls silent');
  const cut = tab.page.locator('.bubble.agent.cut .text');
  await cut.waitFor();
  const text = await cut.textContent();
  assert.ok(HOURS.startsWith(text) && text.length < HOURS.length, `cut off where the agent fell silent: "${text}"`);
  await tab.screen('interrupted');
});

test('a typed message is shown and answered', WITHIN, async () => {
  await tab.begin();
  await tab.page.getByLabel('Message to the agent').fill('Do you have a table?');
  await tab.page.keyboard.press('Enter');
  await tab.shows(tab.you, 'Do you have a table?');
  const from = await tab.now();
  await tab.is('Speaking');
  await tab.is('Listening');
  assert.ok(heardFor(await tab.rows(), AGENT, from) > 0.5, 'the answer is audible');
  const lines = await tab.transcript();
  assert.deepEqual(lines.slice(0, 2), [`agent: ${GREETING}`, 'you: Do you have a table?']);
  assert.match(lines[2], /^agent: ./);
  await tab.screen('typed');
});

test('a muted microphone is not heard', WITHIN, async () => {
  await tab.begin();
  await tab.page.getByRole('button', { name: 'Mute', exact: true }).click();
  const unmute = tab.page.getByRole('button', { name: 'Unmute' });
  await unmute.waitFor();
  await tab.screen('muted');
  await tab.say('caller-hours');
  await unmute.click();
  await tab.page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  await tab.say('caller-table');
  await tab.shows(tab.you, 'I would like to book a table for two.');
  const yours = (await tab.transcript()).filter((it) => it.startsWith('you'));
  assert.deepEqual(yours, ['you: I would like to book a table for two.']);
});

test('another microphone can be selected and is audible', WITHIN, async () => {
  await tab.begin();
  const microphones = tab.page.getByLabel('Microphone', { exact: true });
  const [first, second] = await microphones.locator('option').allTextContents();
  assert.notEqual(first, second);
  await microphones.selectOption({ label: second });
  await tab.say('caller-hours');
  await tab.shows(tab.you, 'What are your opening hours?');
  assert.equal(await microphones.locator('option:checked').textContent(), second);
  assert.equal(await tab.notice.isVisible(), false);
});

test('a call that is ended while it connects does not start', WITHIN, async () => {
  const letIn = await tab.holdToken();
  const answered = tab.page.waitForResponse('**/api/token');
  await tab.talk();
  await tab.is('Connecting');
  await tab.screen('connecting');
  await tab.page.getByRole('button', { name: 'End call' }).click();
  await tab.is('Press to talk');
  letIn();
  await (await answered).finished();
  await tab.page.unroute('**/api/token');
  await tab.talk();
  await tab.is('Speaking');
  await tab.is('Listening');
  assert.deepEqual(await tab.transcript(), [`agent: ${GREETING}`]);
  assert.equal(await tab.page.locator('#voices audio').count(), 1);
});

test('the transcript stays after you end the call', WITHIN, async () => {
  await tab.begin();
  await tab.page.getByRole('button', { name: 'End call' }).click();
  await tab.is('Press to talk');
  assert.deepEqual(await tab.transcript(), [`agent: ${GREETING}`]);
  await tab.page.reload();
  await tab.is('Press to talk');
});

/** Waits until a voice is audible after `since`; returns the time. */
async function heard(voice, since) {
  const handle = await tab.page.waitForFunction(
    ([column, from]) => window.voice.rows.find((row) => row[0] >= from && row[column] > 0.01)?.[0],
    [voice, since],
  );
  return handle.jsonValue();
}

function ms(seconds) {
  return `${Math.round(seconds * 1000)} ms`;
}
