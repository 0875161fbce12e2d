import type { Levels } from '../sound/level-meter';
import { the } from './dom';

/** Levels in decibels that show as empty and as full. */
const QUIET_DB = -50;
const LOUD_DB = -12;

/** Factor by which a falling level shrinks per frame. */
const FALL = 0.85;

/** The two level meters, and the orb that moves with the voices. */
export class LevelView {
  private readonly orb = document.body;
  private readonly bars = { you: the('level-you', HTMLElement), agent: the('level-agent', HTMLElement) };
  private readonly shown = { you: 0, agent: 0 };
  private loudest = { you: 0, agent: 0 };
  private isDue = false;

  /** Takes a measurement; draws it with the next animation frame. */
  show({ you, agent }: Levels): void {
    this.loudest.you = Math.max(this.loudest.you, you);
    this.loudest.agent = Math.max(this.loudest.agent, agent);
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => this.draw());
  }

  /** Shows silence. */
  clear(): void {
    this.shown.you = this.shown.agent = 0;
    this.loudest = { you: 0, agent: 0 };
    this.draw();
  }

  private draw(): void {
    this.isDue = false;
    for (const voice of ['you', 'agent'] as const) {
      const level = Math.max(height(this.loudest[voice]), this.shown[voice] * FALL);
      this.shown[voice] = level;
      this.bars[voice].style.setProperty('transform', `scaleX(${level.toFixed(3)})`);
      this.orb.style.setProperty(`--${voice}`, level.toFixed(3));
    }
    this.loudest = { you: 0, agent: 0 };
  }
}

/** Converts a level to a perceived height, 0 to 1. */
function height(level: number): number {
  const decibels = 20 * Math.log10(Math.max(level, 1e-6));
  return Math.min(Math.max((decibels - QUIET_DB) / (LOUD_DB - QUIET_DB), 0), 1);
}
