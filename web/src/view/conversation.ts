import type { ToolCall } from '../call/tools';
import type { Line } from '../call/transcript';
import { the, make } from './dom';
import { ToolCard } from './tool-card';

/** Distance in pixels from the end within which the list scrolls along. */
const NEAR_END = 80;

/** The transcript: utterances, messages and tool calls in order. */
export class ConversationView {
  private readonly scroll = the('scroll', HTMLElement);
  private readonly list = the('log', HTMLElement);
  private readonly empty = the('empty', HTMLElement);
  private readonly bubbles = new Map<string, HTMLElement>();
  private readonly cards = new Map<string, ToolCard>();

  /** Adds or updates a line. */
  line(line: Line): void {
    this.keepingAtEnd(() => {
      const bubble = this.bubbles.get(line.id) ?? this.add(line);
      bubble.querySelector('.text')!.textContent = line.text;
      // Lets screen readers announce whole lines instead of single words.
      bubble.setAttribute('aria-busy', String(line.open));
      if (line.cut && !bubble.classList.contains('cut')) bubble.append(make('span', 'mark', 'interrupted'));
      bubble.classList.toggle('cut', line.cut);
    });
  }

  /** Marks a typed message as not sent. */
  notSent(text: string): void {
    const last = [...this.list.querySelectorAll('.you[aria-busy=true]')].at(-1);
    if (last?.querySelector('.text')?.textContent !== text) return;
    last.setAttribute('aria-busy', 'false');
    last.append(make('span', 'mark', 'not sent'));
  }

  /** Adds or updates a tool call. */
  tool(call: ToolCall): void {
    this.keepingAtEnd(() => {
      let card = this.cards.get(call.id);
      if (!card) {
        card = new ToolCard();
        this.cards.set(call.id, card);
        this.append(card.element);
      }
      card.update(call);
    });
  }

  /** Clears the previous call. */
  clear(): void {
    this.list.replaceChildren();
    this.bubbles.clear();
    this.cards.clear();
    this.empty.hidden = false;
  }

  private add(line: Line): HTMLElement {
    const bubble = make('li', `bubble ${line.speaker}`);
    const who = { you: 'You', agent: 'Agent', other: line.name }[line.speaker];
    bubble.append(make('span', line.speaker === 'other' ? 'who' : 'who unseen', who), make('span', 'text'));
    this.bubbles.set(line.id, bubble);
    this.append(bubble);
    return bubble;
  }

  private append(element: HTMLElement): void {
    this.empty.hidden = true;
    this.list.append(element);
  }

  /** Keeps the end of the transcript in view, unless the reader has scrolled up. */
  private keepingAtEnd(change: () => void): void {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    change();
    if (isAtEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}
