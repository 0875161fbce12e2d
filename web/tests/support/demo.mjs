// Fixture of most tests: one Parlor and one browser per file, one visitor per test.
import { after, afterEach, before } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { Parlor } from './parlor.mjs';

/** Timeout of a test, and of its setup and teardown. */
export const WITHIN = { timeout: 60_000 };

/** Starts Parlor (with these flags) and a browser before the tests of a file, and stops them. */
export class Demo {
  parlor;
  browser;
  visitor;

  constructor(...flags) {
    before(async () => {
      this.parlor = await Parlor.start(...flags);
      this.browser = await launch();
    }, WITHIN);
    afterEach(() => this.visitor?.leave());
    after(async () => {
      await this.browser?.close();
      await this.parlor?.stop();
    }, WITHIN);
  }

  get url() {
    return this.parlor.url;
  }

  /** Opens a separate browser context, which closes after the test. */
  async arrive(options) {
    this.visitor = await Visitor.arrive(this.browser, options);
    return this.visitor;
  }
}
