// The voice that a visitor chooses.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Demo, WITHIN } from './support/demo.mjs';

const demo = new Demo();
let visitor;

beforeEach(async () => {
  visitor = await demo.arrive();
});

/** Waits until a voice session is opened with this voice. */
function opened(voice) {
  return demo.parlor.writes(new RegExp(`a client opens a session.*"voice":"${voice}"`));
}

/** Makes the server offer these voices to the page. */
function offer(tab, ...voices) {
  return tab.page.route('**/api/voices', (route) => route.fulfill({ json: { voices } }));
}

/** Body of the page's token request. */
async function asked(tab) {
  const request = tab.page.waitForRequest('**/api/token');
  await tab.talk();
  return (await request).postDataJSON();
}

/** Waits until the page shows this voice as that of the call. */
function hasVoice(tab, voice) {
  return tab.page.locator('#about-voice').filter({ hasText: voice }).waitFor({ state: 'attached' });
}

test('a chosen voice is used for the call and kept for the next page', WITHIN, async () => {
  const tab = await visitor.open(demo.url);
  const voice = tab.page.getByLabel('Voice', { exact: true });
  await voice.waitFor();
  const names = await voice.locator('option').allTextContents();
  assert.deepEqual(names.slice(0, 2), ["Agent's default", 'Alba']);
  assert.equal(names.length, 19);
  assert.equal(await voice.inputValue(), '', 'no voice is chosen by default');
  await voice.selectOption({ label: 'Reid' });
  await tab.screen('voice');
  await tab.begin();
  await opened('reid');
  assert.equal(await voice.isVisible(), false);
  assert.equal(await tab.page.locator('#voice').isDisabled(), true);
  await tab.page.locator('.about summary').click();
  await hasVoice(tab, 'Reid');
  await tab.screen('voice-call');
  await tab.page.reload();
  await tab.is('Listening');
  await hasVoice(tab, 'Reid');
  // From here on LiveKit's library may log an error about audio that it was sending to the agent.
  assert.deepEqual(tab.errors, []);
  await tab.page.getByRole('button', { name: 'End call' }).click();
  await tab.is('Press to talk');
  assert.equal(await voice.isEnabled(), true);
  await tab.page.reload();
  await voice.waitFor();
  assert.equal(await voice.inputValue(), 'reid');
});

test('a voice can be chosen by keyboard', WITHIN, async () => {
  const tab = await visitor.open(demo.url);
  const { page } = tab;
  await page.getByLabel('Voice', { exact: true }).waitFor();
  await page.locator('#talk').focus();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'voice');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await opened('anna');
  await tab.is('Listening');
});

test('without a choice, the agent keeps its default voice', WITHIN, async () => {
  const tab = await visitor.open(demo.url);
  await tab.page.getByLabel('Voice', { exact: true }).waitFor();
  assert.deepEqual(await asked(tab), {});
  await tab.is('Speaking');
  assert.equal(await tab.page.locator('#about-voice').isVisible(), false);
});

test('a voice that the server refuses is reported and not offered again', WITHIN, async () => {
  const tab = await visitor.open('about:blank');
  await offer(tab, 'alba', 'nobody');
  await tab.page.goto(demo.url);
  const voice = tab.page.getByLabel('Voice', { exact: true });
  await voice.selectOption({ label: 'Nobody' });
  await tab.page.unroute('**/api/voices');
  const { room_config } = await asked(tab);
  assert.deepEqual(room_config, { agents: [{ metadata: '{"voice":"nobody"}' }] });
  await tab.notice.filter({ hasText: 'this voice cannot be chosen' }).waitFor();
  await tab.is('Press to talk');
  await tab.page.locator('#voice option[value=vera]').waitFor({ state: 'attached' });
  assert.equal(await voice.inputValue(), '');
  await tab.begin();
});

test('where visitors may not choose, no choice shows and a stored voice is not sent', WITHIN, async () => {
  const tab = await visitor.open(demo.url);
  const voice = tab.page.getByLabel('Voice', { exact: true });
  await voice.selectOption({ label: 'Vera' });
  await offer(tab);
  const answered = tab.page.waitForResponse('**/api/voices');
  await tab.page.reload();
  await (await answered).finished();
  assert.deepEqual(await asked(tab), {});
  await tab.is('Listening');
  await tab.page.getByRole('button', { name: 'End call' }).click();
  await tab.is('Press to talk');
  assert.equal(await voice.isVisible(), false);
  assert.deepEqual(tab.errors, []);
});
