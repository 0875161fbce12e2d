import { ConnectionState, ParticipantKind, RoomEvent, type RemoteParticipant, type Room } from 'livekit-client';

/** State of the agent, from `lk.agent.state`; `absent` and `left` are added by this page. */
export type AgentState = 'absent' | 'left' | 'initializing' | 'listening' | 'thinking' | 'speaking';

/** What is wrong with the agent, if anything. */
export type AgentTrouble = 'never came' | 'never ready' | 'left' | undefined;

/** Callbacks about the agent. */
export interface AgentAudience {
  agentIs(state: AgentState, agent?: RemoteParticipant): void;
  agentTrouble(trouble: AgentTrouble): void;
}

/** Timeout for an agent to join and get ready, as in LiveKit's clients. */
const COMES_WITHIN_MS = 20_000;

/** Time within which the agent of a dead worker is replaced. */
const BACK_WITHIN_MS = 3_000;

const STATES: ReadonlySet<string> = new Set(['listening', 'thinking', 'speaking']);

/** The agent of the room, not counting participants that only publish on its behalf. */
export function agentOf(room: Room): RemoteParticipant | undefined {
  return [...room.remoteParticipants.values()].find(
    (it) => it.kind === ParticipantKind.AGENT && !('lk.publish_on_behalf' in it.attributes),
  );
}

/** Watches the agent join, change state and leave. */
export class AgentWatch {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: AgentState = 'absent';
  private waitingFor: AgentTrouble;
  private trouble: AgentTrouble;

  constructor(
    private readonly room: Room,
    private readonly audience: AgentAudience,
    /** Whether the agent was in the room before us. */
    private readonly wasThere: boolean,
  ) {
    for (const event of [
      RoomEvent.Connected,
      RoomEvent.Reconnected,
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.ParticipantAttributesChanged,
    ] as const) {
      room.on(event, () => this.look());
    }
    room.on(RoomEvent.Disconnected, () => clearTimeout(this.timer));
  }

  private look(): void {
    if (this.room.state !== ConnectionState.Connected) return;
    const agent = agentOf(this.room);
    this.state = this.stateOf(agent);
    if (STATES.has(this.state)) this.content();
    else if (this.state === 'left') this.expect('left', BACK_WITHIN_MS);
    else if (agent) this.expect('never ready', COMES_WITHIN_MS);
    else this.expect('never came', this.wasThere ? BACK_WITHIN_MS : COMES_WITHIN_MS);
    this.audience.agentIs(this.state, agent);
  }

  private stateOf(agent: RemoteParticipant | undefined): AgentState {
    if (!agent) return this.state === 'absent' ? 'absent' : 'left';
    const told = agent.attributes['lk.agent.state'] ?? '';
    return STATES.has(told) ? (told as AgentState) : 'initializing';
  }

  private content(): void {
    clearTimeout(this.timer);
    this.waitingFor = undefined;
    this.tell(undefined);
  }

  private expect(trouble: AgentTrouble, within: number): void {
    if (this.waitingFor === trouble) return;
    clearTimeout(this.timer);
    this.waitingFor = trouble;
    this.timer = setTimeout(() => this.tell(trouble), within);
  }

  private tell(trouble: AgentTrouble): void {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this.audience.agentTrouble(trouble);
  }
}
