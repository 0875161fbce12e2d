import type { AgentState } from '../call/agent';
import { the } from './dom';

/** State of the page. */
export type Phase = 'idle' | 'connecting' | 'reconnecting' | AgentState;

const WORDS: Record<Phase, string> = {
  idle: 'Press to talk with the agent',
  connecting: 'Connecting…',
  reconnecting: 'Reconnecting…',
  absent: 'Waiting for the agent…',
  left: 'The agent has left',
  initializing: 'The agent is getting ready…',
  listening: 'Listening',
  thinking: 'Thinking…',
  speaking: 'Speaking',
};

/** States that change with every turn. Screen readers skip them: the voice is audible anyway. */
const IN_TALK: ReadonlySet<Phase> = new Set<Phase>(['listening', 'thinking', 'speaking']);

/** The orb, the state below it, and the Talk button. */
export class StageView {
  private readonly state = the('state', HTMLElement);
  private readonly talk = the('talk', HTMLButtonElement);

  constructor(onTalk: () => void) {
    this.talk.addEventListener('click', onTalk);
  }

  /** Shows the state of the page. */
  show(phase: Phase): void {
    document.body.dataset['phase'] = phase;
    this.state.setAttribute('aria-live', IN_TALK.has(phase) ? 'off' : 'polite');
    this.state.textContent = WORDS[phase];
    this.talk.hidden = phase !== 'idle';
  }

  /** Focuses the Talk button. */
  focus(): void {
    this.talk.focus();
  }
}
