// Accessibility: axe, keyboard, small screens, dark mode.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Demo, WITHIN } from './support/demo.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const demo = new Demo();

/** Serious and critical violations that axe finds. */
async function serious({ page }) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((it) => it.target).join(', ')}`);
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${colorScheme}`, WITHIN, async () => {
    const visitor = await demo.arrive({ colorScheme, reducedMotion: 'reduce' });
    const tab = await visitor.open(demo.url);
    await tab.page.locator('#voice').waitFor();
    assert.deepEqual(await serious(tab), []);
    await tab.begin();
    await tab.say('caller-table');
    await tab.is('Speaking');
    await tab.is('Listening');
    await tab.page.locator('.about summary').click();
    assert.deepEqual(await serious(tab), []);
    await tab.screen(`call-${colorScheme}`);
  });
}

test('a call by keyboard alone', WITHIN, async () => {
  const visitor = await demo.arrive();
  const tab = await visitor.open(demo.url);
  const { page } = tab;
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'talk');
  await page.keyboard.press('Enter');
  await tab.is('Speaking');
  assert.equal(await focused(), 'mute', 'the focus moves on when its button disappears');
  const order = [];
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press('Tab');
    order.push(await focused());
  }
  assert.deepEqual(order, ['microphones', 'end', 'SUMMARY', 'scroll', 'message', 'send']);
  await page.locator('#end').focus();
  await page.keyboard.press('Enter');
  await tab.is('Press to talk');
  assert.equal(await focused(), 'talk');
});

test('everything fits on a phone', WITHIN, async () => {
  const visitor = await demo.arrive({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const tab = await visitor.open(demo.url);
  await tab.page.locator('#voice').waitFor();
  await tab.screen('phone-idle');
  await fits(tab, ['#talk', '#voice']);
  await tab.begin();
  await tab.say('caller-hours');
  await tab.is('Speaking');
  await tab.is('Listening');
  await tab.screen('phone-call');
  await fits(tab, ['#mute', '#microphones', '#end', '#message', '#send', '.bubble >> nth=-1']);
});

/** Checks that each control is fully visible and large enough to touch. */
async function fits(tab, controls) {
  for (const control of controls) {
    const hidden = await tab.page.locator(control).evaluate(notSeen);
    assert.deepEqual(hidden, [], `${control} is fully visible`);
    const { height } = await tab.page.locator(control).boundingBox();
    assert.ok(control.startsWith('.') || height >= 44, `${control} is large enough to touch`);
  }
}

/** The sides of an element that something else covers; runs in the page. */
function notSeen(element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const sides = { left: [left + 2, y], right: [right - 2, y], top: [x, top + 2], bottom: [x, bottom - 2] };
  const isSeen = ([, point]) => element.contains(document.elementFromPoint(...point));
  return Object.entries(sides).filter((side) => !isSeen(side)).map(([name]) => name);
}
