// Chromium, and a page in it that acts as a caller.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { ROOT } from './parlor.mjs';
import { installVoice } from './voice.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
];
const FAKE_DEVICES = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
const SCREENS = `${ROOT}/target/screens`;

/** Timeout for anything the page should do. */
export const SOON = 15_000;

/** `devices: false`: no microphone, and no permission for one. */
export async function launch({ devices = true } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? onPath('chromium'),
    headless: true,
    args: [...FLAGS, ...(devices ? FAKE_DEVICES : [])],
  });
}

/** A separate browser context, and pages in it that speak on demand. */
export class Visitor {
  static async arrive(browser, { speaks = true, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1120, height: 760 }, ...options });
    context.setDefaultTimeout(SOON);
    if (speaks) await context.addInitScript(installVoice);
    return new Visitor(context);
  }

  constructor(context) {
    this.context = context;
  }

  async open(url) {
    const tab = new Tab(await this.context.newPage());
    await tab.page.goto(url);
    return tab;
  }

  leave() {
    return this.context.close();
  }
}

/** One page. */
export class Tab {
  /** Errors that the page reported. */
  errors = [];

  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    this.state = page.locator('#state');
    this.you = page.locator('.bubble.you .text');
    this.agent = page.locator('.bubble.agent .text');
    this.notice = page.getByRole('alert');
  }

  /** Presses the Talk button. */
  async talk() {
    await this.page.getByRole('button', { name: 'Talk', exact: true }).click();
  }

  /** Waits for a state to show below the orb. */
  async is(state) {
    await this.state.filter({ hasText: state }).waitFor();
  }

  /** Delays the page's token request; returns a function that lets it through. */
  async holdToken() {
    let letIn;
    const held = new Promise((resolve) => (letIn = resolve));
    await this.page.route('**/api/token', async (route) => {
      await held;
      await route.continue();
    });
    return letIn;
  }

  /** Starts a call and listens to the whole greeting. */
  async begin() {
    await this.talk();
    await this.is('Speaking');
    await this.is('Listening');
  }

  /** Waits for a bubble with this text. */
  async shows(bubbles, text) {
    const wanted = bubbles.filter({ hasText: text }).first();
    await wanted.waitFor().catch(async (error) => {
      throw new Error(`not shown: ${text}; ${JSON.stringify(await this.transcript())}`, { cause: error });
    });
  }

  /** Plays a bundled clip into the microphone, to its end. */
  async say(clip) {
    const wav = readFileSync(`${ROOT}/crates/sim/src/clips/${clip}.wav`, 'base64');
    await this.page.evaluate((it) => window.voice.say(it), wav);
  }

  /** Waits until the page records pre-connect audio. */
  recorded() {
    return this.page.evaluate(() => window.voice.recorded);
  }

  now() {
    return this.page.evaluate(() => window.voice.now());
  }

  rows() {
    return this.page.evaluate(() => window.voice.rows);
  }

  /** The whole transcript in order: `you: …`, `agent: …`, `tool: …`. */
  transcript() {
    return this.page.locator('#log > li').evaluateAll((items) =>
      items.map((it) => {
        if (it.classList.contains('tool')) return `tool: ${it.querySelector('strong').textContent}`;
        return `${it.classList.contains('you') ? 'you' : 'agent'}: ${it.querySelector('.text').textContent}`;
      }),
    );
  }

  /** Room and identity, as the page shows them. */
  async place() {
    await this.page.locator('#about-room:not(:empty)').waitFor({ state: 'attached' });
    const text = (id) => this.page.locator(id).textContent();
    return { room: await text('#about-room'), you: await text('#about-you') };
  }

  async screen(name) {
    mkdirSync(SCREENS, { recursive: true });
    await this.page.screenshot({ path: `${SCREENS}/${name}.png` });
  }
}

function onPath(program) {
  const files = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  const found = files.find(existsSync);
  if (!found) throw new Error(`${program} is not on PATH: install it, or set CHROMIUM`);
  return found;
}
