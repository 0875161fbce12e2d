import { the } from './dom';

const SVG = 'http://www.w3.org/2000/svg';

/** Number of replies shown, and the size of the chart. */
const BARS = 16;
const WIDTH = 240;
const HEIGHT = 48;

/** Full height of the chart in seconds, unless a wait was longer. */
const SCALE = 2;

/** Bar chart of how long you waited for each reply. */
export class TurnsView {
  private readonly figure = the('turns', HTMLElement);
  private readonly words = the('turns-words', HTMLElement);
  private readonly chart = the('turns-chart', SVGSVGElement);
  private waits: number[] = [];

  /** Adds a wait, in seconds. */
  add(wait: number): void {
    this.waits.push(wait);
    const latest = this.waits.slice(-BARS);
    const top = Math.max(SCALE, ...latest);
    this.chart.replaceChildren(...latest.map((it, index) => bar(index, it / top)));
    this.words.textContent = `Replied after ${ms(wait)}, median ${ms(median(this.waits))}`;
    this.figure.hidden = false;
  }

  /** Clears the previous call. */
  clear(): void {
    this.waits = [];
    this.chart.replaceChildren();
    this.figure.hidden = true;
  }
}

function bar(index: number, share: number): SVGRectElement {
  const step = WIDTH / BARS;
  const height = Math.max(share * HEIGHT, 2);
  const rect = document.createElementNS(SVG, 'rect');
  const place = { x: index * step + 1, y: HEIGHT - height, width: step - 4, height, rx: 2 };
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value.toFixed(1));
  return rect;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function ms(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`;
}
