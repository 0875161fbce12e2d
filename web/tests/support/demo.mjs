// What most tests need: one Parlor and one browser for a file, a visitor of its own for each test.
import { after, afterEach, before } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { Parlor } from './parlor.mjs';

/** How long a test may take, and what comes before and after it. */
export const WITHIN = { timeout: 60_000 };

/** Starts and ends them, Parlor with these flags, with the tests of the file that calls this. */
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

  /** Somebody comes, in a browser context of their own, who leaves after the test. */
  async arrive(options) {
    this.visitor = await Visitor.arrive(this.browser, options);
    return this.visitor;
  }
}
