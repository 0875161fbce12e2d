// LiveKit's own React hooks understand the agent.
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

test('the official hooks show state, track, transcripts and chat in their roles', WITHIN, async () => {
  const answer = await fetch(`${demo.url}api/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
  });
  assert.equal(answer.status, 201);
  const { server_url: url, participant_token: token } = await answer.json();
  const visitor = await demo.arrive();
  const tab = await visitor.open(`${hooks.url}?${new URLSearchParams({ url, token })}`);
  const { page } = tab;
  const is = (id, text) => page.locator(id).filter({ hasText: text }).waitFor();
  const says = (text) => page.locator('#messages li').filter({ hasText: text }).waitFor();

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
  assert.ok(transcriptions.includes(`${sub}: What are your opening hours?`), 'your words are told as yours');
  assert.equal(transcriptions.filter((it) => it.startsWith(`${sub}:`)).length, 1);
  assert.deepEqual(tab.errors, []);
  await tab.screen('hooks');
});
