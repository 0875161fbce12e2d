import { make, the } from './dom';
import type { Words } from '../words';

/** One notice: what is wrong, what to do, and a button that does it. */
export class NoticeView {
  private readonly box = the('notice', HTMLElement);
  private kind = '';

  /** Shows it in place of the one before. `kind` names it for `clear`. */
  show(kind: string, { title, advice, button }: Words, act?: () => void): void {
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

  /** Takes it away: whatever it is, or only if it is of this kind. */
  clear(kind?: string): void {
    if (kind !== undefined && kind !== this.kind) return;
    this.box.hidden = true;
    this.box.replaceChildren();
    this.kind = '';
  }
}
