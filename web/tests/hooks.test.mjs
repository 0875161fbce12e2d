// LiveKit's own React hooks work with the agent.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Demo, WITHIN } from './support/demo.mjs';
import { serve } from './support/folder.mjs';

const demo = new Demo();
let hooks;

before(async () => {
  hooks = await serve(resolve(import.meta.dirname, 'hooks/dist'));
}, WITHIN);

after(() => hooks?.close());

/** Opens the page; the token endpoint responds once `letIn` resolves. */
async function arrive(letIn) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${demo.url}api/token`, { method: 'POST', headers, body: '{}' });
  assert.equal(answer.status, 201);
  const json = await answer.json();
  const visitor = await demo.arrive();
  await visitor.context.route('**/api/token', async (route) => {
    await letIn;
    await route.fulfill({ status: 201, json });
  });
  const tab = await visitor.open(hooks.url);
  const says = (text) => tab.page.locator('#messages li').filter({ hasText: text }).waitFor();
  return { tab, says, token: json.participant_token };
}

test('the official hooks show state, track, transcripts and chat in their roles', WITHIN, async () => {
  const { tab, says, token } = await arrive();
  const { page } = tab;
  const is = (id, text) => page.locator(id).filter({ hasText: text }).waitFor();

  await page.getByRole('button', { name: 'Start' }).click();
  await Promise.all([is('#assistant', 'speaking'), is('#agent', 'speaking'), is('#connected', 'true')]);
  await page.locator('#bars > *').first().waitFor({ state: 'attached' });
  assert.match(await page.locator('#track').textContent(), /^TR_/);
  await says(/^agentTranscript: Hello, this is Parlor\. How can I help you today\?$/);
  await Promise.all([is('#assistant', 'listening'), is('#agent', 'listening')]);

  await tab.say('caller-hours');
  await says(/^userTranscript: What are your opening hours\?$/);
  await says(/^agentTranscript: We are open from nine to five, Monday to Friday\.$/);
  await is('#agent', 'listening');

  await page.getByRole('button', { name: 'Send' }).click();
  await says(/^chatMessage: Do you have a table\?$/);
  await is('#agent', 'speaking');
  await is('#agent', 'listening');

  const { sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const transcriptions = await page.locator('#transcriptions li').allTextContents();
  assert.ok(transcriptions.includes(`${sub}: What are your opening hours?`), 'your transcript is attributed to you');
  assert.equal(transcriptions.filter((it) => it.startsWith(`${sub}:`)).length, 1);
  assert.deepEqual(tab.errors, []);
  await tab.screen('hooks');
});

test('the agent hears what was said before it joined', WITHIN, async () => {
  let open;
  const { tab, says } = await arrive(new Promise((letIn) => (open = letIn)));
  await tab.page.getByRole('button', { name: 'Start' }).click();
  await tab.recorded();
  await tab.say('caller-table');
  open();
  await says(/^userTranscript: I would like to book a table for two\.$/);
  await says(/^agentTranscript: A table for two tonight at eight is booked\.$/);
  assert.equal(await tab.page.locator('#messages li').filter({ hasText: /^userTranscript/ }).count(), 1);
  assert.deepEqual(tab.errors, []);
});
