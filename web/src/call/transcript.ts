import type { Room, TextStreamReader } from 'livekit-client';
import { agentOf } from './agent';

/** Who said something. */
export type Speaker = 'you' | 'agent' | 'other';

/** One utterance or typed message, as far as it is known. */
export interface Line {
  /** Stable across updates of the line. */
  id: string;
  speaker: Speaker;
  /** Shown for speakers other than you and the agent. */
  name: string;
  text: string;
  /** Whether more text may follow. */
  open: boolean;
  /** Whether a barge-in cut the line off here. */
  cut: boolean;
}

/** Receives new lines, and known lines as they change. */
export type OnLine = (line: Line) => void;

const TRANSCRIPTION = 'lk.transcription';
const CHAT = 'lk.chat';

/** Follows transcriptions and chat messages in a room. */
export class Transcript {
  /** The latest stream of each segment, which replaces the earlier ones. */
  private readonly newest = new Map<string, string>();
  private typed = 0;

  constructor(
    private readonly room: Room,
    private readonly onLine: OnLine,
  ) {
    room.registerTextStreamHandler(TRANSCRIPTION, (reader, { identity }) => this.follow(reader, identity));
    room.registerTextStreamHandler(CHAT, (reader, { identity }) => this.follow(reader, identity));
  }

  /** Sends a typed message. */
  async sendMessage(text: string): Promise<void> {
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
      // The sender left in the middle; keep the text so far.
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

/** Whether a line is final or cut off. At its end, a stream has the attributes of its trailer. */
function ending(reader: TextStreamReader): Pick<Line, 'open' | 'cut'> {
  const attributes = reader.info.attributes ?? {};
  return {
    open: attributes['lk.transcription_final'] === 'false',
    cut: attributes['lk.transcription_interrupted'] === 'true',
  };
}
