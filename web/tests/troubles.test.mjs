// Messages of the page when something is wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './support/browser.mjs';
import { mint, Parlor } from './support/parlor.mjs';

const WITHIN = { timeout: 90_000 };
/** Timeout for the page to give up on a lost connection or a missing agent. */
const GIVEN_UP = { timeout: 40_000 };

let parlor;

before(async () => {
  parlor = await Parlor.start();
}, WITHIN);

after(() => parlor?.stop(), WITHIN);

/** Opens the page in a separate browser. */
async function withTab(t, { devices, of = parlor, ...visitor } = {}) {
  const browser = await launch({ devices });
  t.after(() => browser.close());
  return (await Visitor.arrive(browser, visitor)).open(of.url);
}

/** Starts a Parlor that the test may destroy. */
async function another(t) {
  const other = await Parlor.start();
  t.after(() => other.kill());
  return other;
}

test('without a microphone the page says so, and typing works', WITHIN, async (t) => {
  const tab = await withTab(t, { devices: false, speaks: false, permissions: ['microphone'] });
  await tab.talk();
  await tab.notice.getByText('No microphone found').waitFor();
  await tab.is('Listening');
  await tab.screen('no-microphone');
  await tab.page.getByLabel('Message to the agent').fill('Can you read me?');
  await tab.page.getByRole('button', { name: 'Send' }).click();
  await tab.shows(tab.you, 'Can you read me?');
  await tab.is('Speaking');
});

test('a blocked microphone shows what to do', WITHIN, async (t) => {
  const tab = await withTab(t, { devices: false, speaks: false });
  await tab.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError');
    };
  });
  await tab.page.reload();
  await tab.talk();
  await tab.notice.getByText('Microphone access is blocked').waitFor();
  await tab.notice.getByRole('button', { name: 'Try again' }).waitFor();
  await tab.screen('refused-microphone');
});

for (const [status, error, title] of [
  [429, 'You started many calls.', 'Too many calls at the moment'],
  [403, 'This page may not call.', 'The server refused the call'],
  [500, '', 'The server cannot start a call'],
]) {
  test(`a token endpoint that responds with ${status} shows a notice`, WITHIN, async (t) => {
    const tab = await withTab(t);
    await tab.page.route('**/api/token', (route) => route.fulfill({ status, json: { error } }));
    await tab.talk();
    await tab.notice.getByText(title).waitFor();
    await tab.notice.getByText(error).first().waitFor();
    await tab.screen(`token-${status}`);
    await tab.page.unroute('**/api/token');
    await tab.notice.getByRole('button', { name: 'Try again' }).click();
    await tab.is('Speaking');
  });
}

test('the page reports an agent that dies, and a room without an agent', WITHIN, async (t) => {
  const doomed = await another(t);
  const tab = await withTab(t, { of: doomed });
  const asked = tab.page.waitForResponse('**/api/token');
  await tab.begin();
  const { server_url } = await (await asked).json();
  const killed = performance.now();
  doomed.killAgents();
  await tab.notice.getByText('The agent has left').waitFor(GIVEN_UP);
  console.log(`agent killed: reported after ${ms(performance.now() - killed)}`);
  await tab.screen('agent-left');

  const participant_token = mint('nobody', 'ada');
  await tab.page.route('**/api/token', (route) => route.fulfill({ status: 201, json: { server_url, participant_token } }));
  const again = performance.now();
  await tab.notice.getByRole('button', { name: 'Start a new call' }).click();
  await tab.is('Waiting for the agent');
  await tab.notice.getByText('No agent joined').waitFor(GIVEN_UP);
  console.log(`no agent: reported after ${ms(performance.now() - again)}`);
  await tab.screen('no-agent');
});

test('the page reports a server that is killed', WITHIN, async (t) => {
  const doomed = await another(t);
  const tab = await withTab(t, { of: doomed });
  await tab.begin();
  const killed = performance.now();
  doomed.kill();
  await tab.is('Reconnecting');
  const noticed = performance.now();
  await tab.screen('reconnecting');
  await tab.notice.getByText('The server is unreachable').waitFor(GIVEN_UP);
  console.log(`server killed: noticed after ${ms(noticed - killed)}, given up after ${ms(performance.now() - killed)}`);
  await tab.screen('server-gone');
  await tab.notice.getByRole('button', { name: 'Try again' }).click();
  await tab.notice.getByText('The server does not respond').waitFor();
  assert.equal(await tab.page.getByRole('button', { name: 'Talk', exact: true }).isVisible(), true);
});

function ms(milliseconds) {
  return `${Math.round(milliseconds)} ms`;
}
