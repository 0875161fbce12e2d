import type { AgentState } from '../call/agent';
import { the } from './dom';

/** What the page is doing, in one word. */
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

/** These change with every turn: they are seen, and heard by the voice itself. */
const IN_TALK: ReadonlySet<Phase> = new Set<Phase>(['listening', 'thinking', 'speaking']);

/** The orb, the word under it, and the button to talk. */
export class StageView {
  private readonly state = the('state', HTMLElement);
  private readonly talk = the('talk', HTMLButtonElement);

  constructor(onTalk: () => void) {
    this.talk.addEventListener('click', onTalk);
  }

  /** Shows what the page is doing. */
  show(phase: Phase): void {
    document.body.dataset['phase'] = phase;
    this.state.setAttribute('aria-live', IN_TALK.has(phase) ? 'off' : 'polite');
    this.state.textContent = WORDS[phase];
    this.talk.hidden = phase !== 'idle';
  }

  /** Puts the focus on the button to talk. */
  focus(): void {
    this.talk.focus();
  }
}
