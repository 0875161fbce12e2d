import type { Levels } from './level-meter';

/** Minimum level of a voice, as root mean square. */
const AGENT_LOUD = 0.004;
const YOU_LOUD = 0.01;

/** Minimum ratio of your voice to the background noise. */
const OVER_NOISE = 4;

/** Maximum estimate of the noise, and its growth per measurement while nothing is quieter. */
const NOISIEST = 0.02;
const GROWTH = 1.002;

/** Minimum length of speech in seconds; anything shorter is a click. */
const SHORTEST = 0.1;

/** Silence in seconds after which a voice starts anew. */
const PAUSE = 0.4;

/** Maximum wait in seconds; a later reply does not count. */
const LATEST = 15;

/** Measures how long you wait for each reply: from your last sound to the agent's first. */
export class Turns {
  private noise = NOISIEST;
  private youBegan = -Infinity;
  private youLast = -Infinity;
  private agentLast = -Infinity;
  /** You have spoken, and the agent has not replied yet. */
  private isWaiting = false;

  /** Takes the next measurement. Returns the seconds waited when a reply starts. */
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
    // The agent kept speaking, so this was no turn of yours.
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
