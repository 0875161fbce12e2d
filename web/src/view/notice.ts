import { make, the } from './dom';
import type { Message } from '../messages';

/** A notice: what is wrong, what to do, and an optional button to do it. */
export class NoticeView {
  private readonly box = the('notice', HTMLElement);
  private kind = '';

  /** Replaces the current notice. `kind` identifies it for `clear`. */
  show(kind: string, { title, advice, button }: Message, act?: () => void): void {
    this.kind = kind;
    this.box.replaceChildren(make('strong', '', title), make('p', '', advice));
    if (button && act) {
      const press = make('button', '', button);
      press.type = 'button';
      press.addEventListener('click', act);
      this.box.append(press);
    }
    this.box.hidden = false;
  }

  /** Removes the notice; with `kind`, only if it is of that kind. */
  clear(kind?: string): void {
    if (kind !== undefined && kind !== this.kind) return;
    this.box.hidden = true;
    this.box.replaceChildren();
    this.kind = '';
  }
}
