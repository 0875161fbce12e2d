import {
  ConnectionQuality,
  DisconnectReason,
  ParticipantEvent,
  Room,
  RoomEvent,
  Track,
  TrackEvent,
  type LocalTrackPublication,
  type RemoteParticipant,
  type RemoteTrack,
} from 'livekit-client';
import { AgentWatch, agentOf, type AgentAudience, type AgentTrouble } from './agent';
import { Microphone, type MicrophoneTrouble } from './microphone';
import { forget, hold, keep } from './saved-call';
import { askForPass, TokenError, type Pass, type SavedCall } from './token';
import { followTools, type ToolCall } from './tools';
import { Transcript, type Line } from './transcript';

/** Why a call ended, other than by the user. */
export type Ending = 'closed' | 'removed' | 'elsewhere' | 'gone';

/** The call could not connect to LiveKit. */
export class Unreachable extends Error {}

/** Callbacks of a call to its page. */
export interface Audience extends AgentAudience {
  connection(is: 'up' | 'broken'): void;
  quality(quality: ConnectionQuality): void;
  muted(isMuted: boolean): void;
  microphoneTrouble(trouble: MicrophoneTrouble): void;
  /** The browser blocks audio playback until the user presses something. */
  silenced(isSilenced: boolean): void;
  voice(of: 'you' | 'agent', track: MediaStreamTrack): void;
  line(line: Line): void;
  tool(call: ToolCall): void;
  ended(how: Ending): void;
}

/** Time after which a lost connection is given up. */
const RECONNECT_WITHIN_MS = 20_000;
const RECONNECT_EVERY_MS = [0, 300, 600, 1_200, 2_400];

/** One call, from the token request to its end. */
export class Call {
  private readonly room = new Room({
    reconnectPolicy: {
      nextRetryDelayInMs: ({ retryCount, elapsedMs }) =>
        elapsedMs > RECONNECT_WITHIN_MS ? null : (RECONNECT_EVERY_MS[retryCount] ?? 2_400),
    },
  });
  private readonly transcript: Transcript;
  private isOver = false;
  private held: SavedCall | undefined;
  readonly microphone = new Microphone(this.room);

  constructor(
    private readonly audience: Audience,
    private readonly voices: HTMLElement,
    /** The call to return to after a reload of the page. */
    readonly former?: SavedCall,
  ) {
    this.transcript = new Transcript(this.room, (line) => audience.line(line));
    followTools(this.room, (call) => audience.tool(call));
    const agentTrouble = (trouble: AgentTrouble): void => this.onAgentTrouble(trouble);
    new AgentWatch(this.room, { agentIs: (...is) => audience.agentIs(...is), agentTrouble }, former !== undefined);
    this.followRoom();
    this.followVoices();
  }

  /** Room and identity of the user, once connected. */
  get savedCall(): SavedCall | undefined {
    return this.held;
  }

  /** Joins a new call, or the one before the page was reloaded. */
  async begin(isMuted: boolean, chosen: Promise<string>): Promise<void> {
    if (!isMuted) this.microphone.take();
    const voice = this.former?.voice ?? (await chosen);
    const pass = await askForPass(voice, this.former);
    if (this.isOver) return;
    await this.connect(pass);
    const { name, localParticipant } = this.room;
    this.held = { room: name, identity: localParticipant.identity, token: pass.token, isMuted, voice };
    keep(this.held);
    // The lock is held as long as the page lives; a reloaded page already holds it.
    if (!this.former) await hold(this.held.identity);
    if (!this.isOver) await this.mute(isMuted);
  }

  /** Mutes or unmutes the microphone. */
  async mute(isMuted: boolean): Promise<void> {
    const trouble = await this.microphone.open(!isMuted);
    // The call may have ended while the browser asked for permission.
    if (!this.held || this.isOver) return;
    if (trouble) return this.audience.microphoneTrouble(trouble);
    this.audience.muted(isMuted);
    this.held = { ...this.held, isMuted };
    keep(this.held);
  }

  /** Leaves the room. */
  async end(): Promise<void> {
    this.isOver = true;
    // Not awaited: the browser may still be asking for permission.
    void this.microphone.leave();
    await this.room.disconnect();
  }

  /** Sends a typed message. */
  say(text: string): Promise<void> {
    return this.transcript.sendMessage(text);
  }

  /** Starts audio playback; only works while a key or button is pressed. */
  unsilence(): Promise<void> {
    return this.room.startAudio();
  }

  private async connect({ url, token }: Pass): Promise<void> {
    try {
      await this.room.connect(url, token);
    } catch (error) {
      throw new Unreachable(url, { cause: error });
    }
  }

  /** Once the agent has left for good, the call is over: a reload starts a new one. */
  private onAgentTrouble(trouble: AgentTrouble): void {
    if (trouble === 'left') forget();
    else if (!trouble && this.held) keep(this.held);
    this.audience.agentTrouble(trouble);
  }

  private followRoom(): void {
    const { room, audience } = this;
    room
      .on(RoomEvent.Reconnecting, () => audience.connection('broken'))
      .on(RoomEvent.SignalReconnecting, () => audience.connection('broken'))
      .on(RoomEvent.Reconnected, () => audience.connection('up'))
      .on(RoomEvent.AudioPlaybackStatusChanged, () => audience.silenced(!room.canPlaybackAudio))
      .on(RoomEvent.Disconnected, (reason) => this.onDisconnected(reason));
    room.localParticipant.on(ParticipantEvent.ConnectionQualityChanged, (it) => audience.quality(it));
  }

  private followVoices(): void {
    this.room
      .on(RoomEvent.LocalTrackPublished, (publication) => this.onOwnVoice(publication))
      .on(RoomEvent.TrackSubscribed, (track, _publication, from) => this.onVoice(track, from))
      .on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((it) => it.remove()));
  }

  private onOwnVoice({ track, source }: LocalTrackPublication): void {
    if (!track || source !== Track.Source.Microphone) return;
    const tell = (): void => this.audience.voice('you', track.mediaStreamTrack);
    track.on(TrackEvent.Restarted, tell);
    tell();
  }

  private onVoice(track: RemoteTrack, from: RemoteParticipant): void {
    if (track.kind !== Track.Kind.Audio) return;
    this.voices.append(track.attach());
    const isVoice = track.source === Track.Source.Microphone;
    if (isVoice && from === agentOf(this.room)) this.audience.voice('agent', track.mediaStreamTrack);
  }

  private onDisconnected(reason?: DisconnectReason): void {
    this.voices.replaceChildren();
    // If the call never started, `begin` reports the error.
    if (!this.held || this.isOver) return;
    this.isOver = true;
    void this.microphone.leave();
    const how = endingOf(reason);
    if (how !== 'gone') forget();
    this.audience.ended(how);
  }
}

function endingOf(reason?: DisconnectReason): Ending {
  switch (reason) {
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return 'closed';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'removed';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'elsewhere';
    default:
      return 'gone';
  }
}

/** Whether a call could not start because its former call is lost; only a new call is possible. */
export function isCallLost(error: unknown): boolean {
  return error instanceof TokenError && error.refusal === 'forbidden';
}
