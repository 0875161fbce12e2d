import type { ToolCall } from '../call/tools';
import { make } from './dom';

const WORDS = { running: 'running', done: 'done', failed: 'failed', cancelled: 'cancelled' } as const;

/** One tool call: its name and status, and its arguments and result on demand. */
export class ToolCard {
  readonly element = make('li', 'tool');
  private readonly name = make('strong');
  private readonly status = make('span', 'status');
  private readonly input = make('pre');
  private readonly output = make('pre');

  constructor() {
    const details = make('details');
    const summary = make('summary');
    summary.append(this.name, ' ', this.status);
    details.append(summary, this.input, this.output);
    this.element.append(details);
    this.input.hidden = this.output.hidden = true;
    this.is('running');
  }

  /** Shows what changed. */
  update({ name, input, output, status }: ToolCall): void {
    if (name) this.name.textContent = name.replaceAll('_', ' ');
    if (input !== undefined) show(this.input, input);
    if (output !== undefined) show(this.output, output);
    if (status) this.is(status);
  }

  private is(status: keyof typeof WORDS): void {
    this.element.dataset['status'] = status;
    this.status.textContent = WORDS[status];
  }
}

function show(where: HTMLElement, json: string): void {
  where.hidden = json === '';
  where.textContent = pretty(json);
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
