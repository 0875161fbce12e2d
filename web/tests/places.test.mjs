// Rooms and identities across reloads and tabs.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Demo, WITHIN } from './support/demo.mjs';
import { AGENT, heardFor } from './support/levels.mjs';

const demo = new Demo();
let visitor;

beforeEach(async () => {
  visitor = await demo.arrive();
});

test('a page that is reloaded during a call returns to it as the same participant', WITHIN, async () => {
  const tab = await visitor.open(demo.url);
  await tab.begin();
  const before = await tab.place();
  const began = performance.now();
  await tab.page.reload();
  await tab.is('Listening');
  console.log(`reload: listening again after ${Math.round(performance.now() - began)} ms`);
  assert.deepEqual(await tab.place(), before);
  assert.ok(heardFor(await tab.rows(), AGENT) < 0.2, 'the call continues without a second greeting');
  await tab.say('caller-hours');
  await tab.shows(tab.you, 'What are your opening hours?');
  await tab.shows(tab.agent, 'We are open from nine to five');
  await tab.screen('reloaded');
  assert.deepEqual(tab.errors, []);
});

test('a reload does not unmute the microphone', WITHIN, async () => {
  const tab = await visitor.open(demo.url);
  await tab.begin();
  await tab.page.getByRole('button', { name: 'Mute', exact: true }).click();
  const unmute = tab.page.getByRole('button', { name: 'Unmute' });
  await unmute.waitFor();
  await tab.page.reload();
  await tab.is('Listening');
  await unmute.waitFor();
  await unmute.click();
  await tab.page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  await tab.say('caller-hours');
  await tab.shows(tab.you, 'What are your opening hours?');
});

test('a second tab is another participant and does not disturb the first', WITHIN, async () => {
  const first = await visitor.open(demo.url);
  await first.begin();
  const second = await visitor.open(demo.url);
  await second.is('Press to talk');
  await second.begin();
  const places = await Promise.all([first.place(), second.place()]);
  assert.notEqual(places[0].you, places[1].you);
  await first.page.bringToFront();
  await first.say('caller-hours');
  await first.shows(first.you, 'What are your opening hours?');
  await first.shows(first.agent, 'We are open from nine to five');
});

test('a duplicated tab does not take the place of the original', WITHIN, async () => {
  const first = await visitor.open(demo.url);
  await first.begin();
  const kept = await first.page.evaluate(() => ({ ...sessionStorage }));
  assert.notDeepEqual(kept, {});
  await visitor.context.addInitScript((it) => Object.assign(sessionStorage, it), kept);
  const copy = await visitor.open(demo.url);
  await copy.is('Press to talk');
  await copy.page.waitForFunction(() => sessionStorage.length === 0);
  await first.is('Listening');
  assert.equal(await first.notice.isVisible(), false);
});
