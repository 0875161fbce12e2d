import { ConnectionQuality } from 'livekit-client';
import type { Place } from '../call/token';
import { the } from './dom';

const QUALITY: Partial<Record<ConnectionQuality, string>> = {
  [ConnectionQuality.Excellent]: 'Good connection',
  [ConnectionQuality.Good]: 'Fair connection',
  [ConnectionQuality.Poor]: 'Poor connection',
  [ConnectionQuality.Lost]: 'No connection',
};

/** Facts of the call: the connection's quality, the room, who is in it. */
export class AboutView {
  private readonly box = the('quality', HTMLElement);
  private readonly words = the('quality-words', HTMLElement);

  /** Shows how good the connection is. */
  quality(quality: ConnectionQuality): void {
    const words = QUALITY[quality];
    this.box.hidden = words === undefined;
    this.box.dataset['quality'] = quality;
    this.words.textContent = words ?? '';
  }

  /** Shows where you are, and as whom. */
  place({ room, identity }: Pick<Place, 'room' | 'identity'>): void {
    the('about-room', HTMLElement).textContent = room;
    the('about-you', HTMLElement).textContent = identity;
  }

  /** Shows who answers. */
  agent(name: string): void {
    the('about-agent', HTMLElement).textContent = name;
  }

  /** Shows the voice that was chosen; without one there is nothing to show. */
  voice(name: string): void {
    the('about-voice', HTMLElement).textContent = name;
    for (const it of document.querySelectorAll<HTMLElement>('.chosen-voice')) it.hidden = name === '';
  }

  /** Forgets the call before. */
  clear(): void {
    this.box.hidden = true;
    this.place({ room: '', identity: '' });
    this.agent('');
    this.voice('');
  }
}
