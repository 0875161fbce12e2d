import { askForVoices, keepVoice, recallVoice } from '../call/voices';
import { the } from './dom';

/** The voice of the next call. It is not there when nobody may choose. */
export class VoicePicker {
  private readonly box = the('voice-choice', HTMLElement);
  private readonly select = the('voice', HTMLSelectElement);
  private loaded: Promise<void>;

  constructor() {
    this.select.addEventListener('change', () => keepVoice(this.select.value));
    this.loaded = this.load();
  }

  /** The voice that is chosen, once it is known which there are; empty for the agent's own. */
  async choice(): Promise<string> {
    await this.loaded;
    return this.select.value;
  }

  /** A call goes on, or is over: its voice cannot be changed. */
  lock(isLocked: boolean): void {
    this.select.disabled = isLocked;
  }

  /** Looks again which voices there are. */
  refresh(): void {
    this.loaded = this.load();
  }

  private async load(): Promise<void> {
    const voices = await askForVoices();
    const kept = recallVoice();
    const options = voices.map((it) => new Option(label(it), it, false, it === kept));
    this.select.replaceChildren(new Option("The agent's own", ''), ...options);
    this.box.hidden = voices.length === 0;
  }
}

/** A voice's name as people write names. */
export function label(voice: string): string {
  return voice.charAt(0).toUpperCase() + voice.slice(1);
}
