import { the } from './dom';

/** Actions of the buttons in a call. */
export interface Commands {
  mute(isMuted: boolean): void;
  choose(deviceId: string): void;
  end(): void;
  send(text: string): void;
}

/** The mute button, microphone list, end button and message input. */
export class Controls {
  private readonly mute = the('mute', HTMLButtonElement);
  private readonly you = the('you', HTMLElement);
  private readonly microphones = the('microphones', HTMLSelectElement);
  private readonly message = the('message', HTMLInputElement);
  private isMuted = false;

  constructor(commands: Commands) {
    this.mute.addEventListener('click', () => commands.mute(!this.isMuted));
    this.microphones.addEventListener('change', () => commands.choose(this.microphones.value));
    the('end', HTMLButtonElement).addEventListener('click', () => commands.end());
    the('composer', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.message.value.trim();
      this.message.value = '';
      if (text) commands.send(text);
    });
  }

  /** Shows whether the microphone is muted. */
  showMuted(isMuted: boolean): void {
    this.isMuted = isMuted;
    this.mute.textContent = isMuted ? 'Unmute' : 'Mute';
    this.you.textContent = isMuted ? 'Muted' : 'You';
    document.body.classList.toggle('muted', isMuted);
  }

  /** Lists the microphones to choose from. */
  showMicrophones(devices: MediaDeviceInfo[], chosen: string | undefined): void {
    const options = devices.map((it) => new Option(it.label, it.deviceId, false, it.deviceId === chosen));
    this.microphones.replaceChildren(...(options.length > 0 ? options : [new Option('No microphone', '')]));
    this.microphones.disabled = options.length === 0;
  }

  /** Focuses the first control of a call. */
  focus(): void {
    this.mute.focus();
  }
}
