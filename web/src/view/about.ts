import { ConnectionQuality } from 'livekit-client';
import type { SavedCall } from '../call/token';
import { the } from './dom';

const QUALITY: Partial<Record<ConnectionQuality, string>> = {
  [ConnectionQuality.Excellent]: 'Good connection',
  [ConnectionQuality.Good]: 'Fair connection',
  [ConnectionQuality.Poor]: 'Poor connection',
  [ConnectionQuality.Lost]: 'No connection',
};

/** Details of the call: connection quality, room, and participants. */
export class AboutView {
  private readonly box = the('quality', HTMLElement);
  private readonly words = the('quality-words', HTMLElement);

  /** Shows the connection quality. */
  quality(quality: ConnectionQuality): void {
    const words = QUALITY[quality];
    this.box.hidden = words === undefined;
    this.box.dataset['quality'] = quality;
    this.words.textContent = words ?? '';
  }

  /** Shows the room and your identity. */
  identity({ room, identity }: Pick<SavedCall, 'room' | 'identity'>): void {
    the('about-room', HTMLElement).textContent = room;
    the('about-you', HTMLElement).textContent = identity;
  }

  /** Shows the agent's name. */
  agent(name: string): void {
    the('about-agent', HTMLElement).textContent = name;
  }

  /** Shows the chosen voice, or nothing if none was chosen. */
  voice(name: string): void {
    the('about-voice', HTMLElement).textContent = name;
    for (const it of document.querySelectorAll<HTMLElement>('.chosen-voice')) it.hidden = name === '';
  }

  /** Clears the details of the previous call. */
  clear(): void {
    this.box.hidden = true;
    this.identity({ room: '', identity: '' });
    this.agent('');
    this.voice('');
  }
}
