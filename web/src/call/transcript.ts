import type { Room, TextStreamReader } from 'livekit-client';
import { agentOf } from './agent';

/** Who said something. */
export type Speaker = 'you' | 'agent' | 'other';

/** One thing said or typed, as far as it is known. */
export interface Line {
  /** The same line has the same id. */
  id: string;
  speaker: Speaker;
  /** Shown for others than you and the agent. */
  name: string;
  text: string;
  /** More may come. */
  open: boolean;
  /** An interruption cut it here. */
  cut: boolean;
}

/** Takes lines: new ones, and known ones as they change. */
export type OnLine = (line: Line) => void;

const TRANSCRIPTION = 'lk.transcription';
const CHAT = 'lk.chat';

/** Follows what is said and typed in a room. */
export class Transcript {
  /** The newest stream of each segment: it alone has its text. */
  private readonly newest = new Map<string, string>();
  private typed = 0;

  constructor(
    private readonly room: Room,
    private readonly onLine: OnLine,
  ) {
    room.registerTextStreamHandler(TRANSCRIPTION, (reader, { identity }) => this.follow(reader, identity));
    room.registerTextStreamHandler(CHAT, (reader, { identity }) => this.follow(reader, identity));
  }

  /** Sends what you typed. */
  async say(text: string): Promise<void> {
    const line = { ...this.line(`typed:${++this.typed}`, this.room.localParticipant.identity), text };
    this.onLine({ ...line, open: true });
    await this.room.localParticipant.sendText(text, { topic: CHAT });
    this.onLine({ ...line, open: false });
  }

  private async follow(reader: TextStreamReader, identity: string): Promise<void> {
    const id = reader.info.attributes?.['lk.segment_id'] ?? reader.info.id;
    const line = this.line(`${identity}:${id}`, identity);
    this.newest.set(line.id, reader.info.id);
    let text = '';
    try {
      for await (const chunk of reader) {
        text += chunk;
        if (this.isNewest(line, reader)) this.onLine({ ...line, text, open: true });
      }
    } catch {
      // The sender left in the middle: what came stays.
    }
    if (text && this.isNewest(line, reader)) this.onLine({ ...line, text, ...ending(reader) });
  }

  private isNewest(line: Line, reader: TextStreamReader): boolean {
    return this.newest.get(line.id) === reader.info.id;
  }

  private line(id: string, identity: string): Line {
    const { localParticipant, remoteParticipants } = this.room;
    const name = remoteParticipants.get(identity)?.name || identity;
    const isYou = identity === localParticipant.identity;
    const speaker = isYou ? 'you' : identity === agentOf(this.room)?.identity ? 'agent' : 'other';
    return { id, speaker, name, text: '', open: true, cut: false };
  }
}

/** How a stream ended: its trailer's attributes are in its info by then. */
function ending(reader: TextStreamReader): Pick<Line, 'open' | 'cut'> {
  const attributes = reader.info.attributes ?? {};
  return {
    open: attributes['lk.transcription_final'] === 'false',
    cut: attributes['lk.transcription_interrupted'] === 'true',
  };
}
