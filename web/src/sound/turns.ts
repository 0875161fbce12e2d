import type { Levels } from './ear';

/** From which level on a voice is heard. */
const AGENT_LOUD = 0.004;
const YOU_LOUD = 0.01;

/** You are loud only this much over the noise of your room. */
const OVER_NOISE = 4;

/** The noise that is believed at most, and how it grows while nothing is quieter, per measurement. */
const NOISIEST = 0.02;
const GROWTH = 1.002;

/** What is shorter is a click, in seconds. */
const SHORTEST = 0.1;

/** After this silence a voice begins anew, in seconds. */
const PAUSE = 0.4;

/** What comes later is no answer, in seconds. */
const LATEST = 15;

/** Measures how long you wait for each reply: from your last sound to the agent's first. */
export class Turns {
  private noise = NOISIEST;
  private youBegan = -Infinity;
  private youLast = -Infinity;
  private agentLast = -Infinity;
  /** You have spoken, and nobody has answered. */
  private isWaiting = false;

  /** Takes the next measurement; answers with the seconds waited when a reply begins. */
  hear({ at, you, agent }: Levels): number | undefined {
    this.hearYou(at, you);
    if (agent < AGENT_LOUD) return undefined;
    const begins = at - this.agentLast > PAUSE;
    this.agentLast = at;
    const waited = at - this.youLast;
    if (begins && this.isWaiting) {
      this.isWaiting = false;
      return waited < LATEST ? waited : undefined;
    }
    // It speaks on: that was no turn of yours.
    if (waited > PAUSE) this.isWaiting = false;
    return undefined;
  }

  private hearYou(at: number, level: number): void {
    this.noise = Math.min(level > this.noise ? this.noise * GROWTH + 1e-7 : level, NOISIEST);
    if (level < Math.max(YOU_LOUD, this.noise * OVER_NOISE)) return;
    if (at - this.youLast > PAUSE) this.youBegan = at;
    this.youLast = at;
    if (at - this.youBegan > SHORTEST) this.isWaiting = true;
  }
}
