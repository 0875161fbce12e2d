import type { ToolCall } from '../call/tools';
import type { Line } from '../call/transcript';
import { the, make } from './dom';
import { ToolCard } from './tool-card';

/** How near its end a list counts as read to the end, in pixels. */
const NEAR_END = 80;

/** What was said, typed and done, in order. */
export class ConversationView {
  private readonly scroll = the('scroll', HTMLElement);
  private readonly list = the('log', HTMLElement);
  private readonly empty = the('empty', HTMLElement);
  private readonly bubbles = new Map<string, HTMLElement>();
  private readonly cards = new Map<string, ToolCard>();

  /** Shows a line, or what has become of it. */
  line(line: Line): void {
    this.keepingAtEnd(() => {
      const bubble = this.bubbles.get(line.id) ?? this.add(line);
      bubble.querySelector('.text')!.textContent = line.text;
      // A reader is told a whole line, not each of its words.
      bubble.setAttribute('aria-busy', String(line.open));
      if (line.cut && !bubble.classList.contains('cut')) bubble.append(make('span', 'mark', 'interrupted'));
      bubble.classList.toggle('cut', line.cut);
    });
  }

  /** A typed line did not get through. */
  notSent(text: string): void {
    const last = [...this.list.querySelectorAll('.you[aria-busy=true]')].at(-1);
    if (last?.querySelector('.text')?.textContent !== text) return;
    last.setAttribute('aria-busy', 'false');
    last.append(make('span', 'mark', 'not sent'));
  }

  /** Shows a tool's call, or what is new of it. */
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

  /** Forgets the call before. */
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

  /** Follows the conversation, unless somebody reads further up. */
  private keepingAtEnd(change: () => void): void {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    change();
    if (isAtEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}
