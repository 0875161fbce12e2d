import { askForVoices, keepVoice, recallVoice } from '../call/voices';
import { the } from './dom';

/** Selects the voice of the next call. Hidden if visitors may not choose. */
export class VoicePicker {
  private readonly box = the('voice-choice', HTMLElement);
  private readonly select = the('voice', HTMLSelectElement);
  private loaded: Promise<void>;

  constructor() {
    this.select.addEventListener('change', () => keepVoice(this.select.value));
    this.loaded = this.load();
  }

  /** The selected voice, once the list has loaded; empty for the agent's default. */
  async choice(): Promise<string> {
    await this.loaded;
    return this.select.value;
  }

  /** Locks the choice during a call. */
  lock(isLocked: boolean): void {
    this.select.disabled = isLocked;
  }

  /** Reloads the list of voices. */
  refresh(): void {
    this.loaded = this.load();
  }

  private async load(): Promise<void> {
    const voices = await askForVoices();
    const kept = recallVoice();
    const options = voices.map((it) => new Option(label(it), it, false, it === kept));
    this.select.replaceChildren(new Option("Agent's default", ''), ...options);
    this.box.hidden = voices.length === 0;
  }
}

/** Capitalizes the name of a voice. */
export function label(voice: string): string {
  return voice.charAt(0).toUpperCase() + voice.slice(1);
}
