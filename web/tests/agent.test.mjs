// Agent actions other than speech: tool calls and hanging up.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { Demo, WITHIN } from './support/demo.mjs';
import { ROOT } from './support/parlor.mjs';

const FOLDER = `${ROOT}/target/web-tests`;
const AGENT = `${FOLDER}/agent.toml`;

const shop = createServer();

before(async () => {
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(AGENT, agent(`http://127.0.0.1:${shop.address().port}/`));
}, WITHIN);

const BOOK = 'table=book_table:{"people":2}';
const demo = new Demo('--agent', AGENT, '--tool', BOOK, '--tool', 'goodbye=end_call');
let tab;

beforeEach(async () => {
  const visitor = await demo.arrive();
  tab = await visitor.open(demo.url);
});

after(() => {
  shop.closeAllConnections();
  shop.close();
});

test('a tool call shows as a card, and then its result', WITHIN, async () => {
  await tab.begin();
  const called = once(shop, 'request');
  await tab.say('caller-table');
  const [, answer] = await called;
  const card = tab.page.locator('#log > .tool');
  await card.filter({ hasText: 'book table running' }).waitFor();
  await tab.screen('tool-running');
  answer.setHeader('Content-Type', 'application/json');
  answer.end('{"code":"A7"}');
  await card.filter({ hasText: 'book table done' }).waitFor();
  await card.locator('summary').click();
  const [given, gave] = await card.locator('pre').allTextContents();
  assert.deepEqual([given, gave].map((it) => JSON.parse(it)), [{ people: 2 }, { code: 'A7' }]);
  await tab.is('Speaking');
  await tab.is('Listening');
  const lines = await tab.transcript();
  assert.deepEqual(lines.slice(1, 3), ['you: I would like to book a table for two.', 'tool: book table']);
  assert.match(lines[3], /^agent: ./);
  await tab.screen('tool');
  assert.deepEqual(tab.errors, []);
});

test('a reload does not return to a call that the agent ended', WITHIN, async () => {
  await tab.begin();
  const before = await tab.place();
  await tab.say('caller-bye');
  await tab.notice.getByText('The call has ended').waitFor();
  await tab.page.reload();
  await tab.is('Press to talk');
  await tab.begin();
  assert.notEqual((await tab.place()).room, before.room);
});

test('a page that returns too late gets a new agent', WITHIN, async () => {
  await tab.begin();
  await tab.page.getByRole('button', { name: 'Mute', exact: true }).click();
  await tab.page.getByRole('button', { name: 'Unmute' }).waitFor();
  const { room } = await tab.place();
  await tab.page.goto('about:blank');
  await demo.parlor.writes(new RegExp(`call ended .*room=${room}`));
  await tab.page.goto(demo.url);
  const back = performance.now();
  await tab.is('Speaking');
  console.log(`returned too late: a new agent speaks after ${Math.round(performance.now() - back)} ms`);
  assert.notEqual((await tab.place()).room, room);
  await tab.page.getByRole('button', { name: 'Unmute' }).waitFor();
});

function agent(shop) {
  return `
prompt = "You are a clerk."
greeting = "Hello"
[limits]
caller_grace = 1
[[tools]]
builtin = "end_call"
[[tools]]
name = "book_table"
description = "Books a table."
parameters = { type = "object", properties = { people = { type = "integer" } } }
http = { url = "${shop}", allow_private = true }
`;
}
