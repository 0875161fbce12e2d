import type { AgentTrouble } from './call/agent';
import { Unreachable, type Ending } from './call/call';
import type { MicrophoneTrouble } from './call/microphone';
import { TokenError, type Refusal } from './call/token';

/** Text of a notice. */
export interface Message {
  title: string;
  advice: string;
  button?: string;
}

const AGAIN = 'Try again';
const NEW_CALL = 'Start a new call';

/** Problems with the microphone; the call continues. */
export const MICROPHONE: Record<MicrophoneTrouble, Message> = {
  none: {
    title: 'No microphone found',
    advice: 'Connect one and try again. Meanwhile, you can type.',
    button: AGAIN,
  },
  refused: {
    title: 'Microphone access is blocked',
    advice: 'Allow it in the site settings next to the address bar, then try again. Meanwhile, you can type.',
    button: AGAIN,
  },
  'in use': {
    title: 'The microphone is in use',
    advice: 'Close the program that uses it, or choose another microphone, then try again.',
    button: AGAIN,
  },
  insecure: {
    title: 'The microphone needs a secure page',
    advice: 'Open this page over HTTPS, or as localhost on this computer. Meanwhile, you can type.',
  },
  broken: {
    title: 'The microphone could not be started',
    advice: 'Choose another one or reconnect it, then try again.',
    button: AGAIN,
  },
};

/** Problems with the agent. */
export const AGENT: Record<NonNullable<AgentTrouble>, Message> = {
  'never came': {
    title: 'No agent joined',
    advice: 'There is no agent in this room. Check that a worker is running, then start a new call.',
    button: NEW_CALL,
  },
  'never ready': {
    title: 'The agent is not ready',
    advice: 'It has joined the room but is not listening. Its log says why. You can wait or start a new call.',
    button: NEW_CALL,
  },
  left: {
    title: 'The agent has left',
    advice: 'It may come back. You can wait or start a new call.',
    button: NEW_CALL,
  },
};

/** Why the call ended. */
export const ENDING: Record<Ending, Message> = {
  closed: { title: 'The call has ended', advice: 'Thank you for calling.' },
  removed: { title: 'The call has ended', advice: 'The agent hung up. You can start a new call.' },
  elsewhere: { title: 'The call continues elsewhere', advice: 'Another tab or window has taken it over.' },
  gone: {
    title: 'The server is unreachable',
    advice: 'The connection was lost and could not be restored. Check your network, then try again.',
    button: AGAIN,
  },
};

/** The call before the reload cannot be rejoined. */
export const CALL_LOST: Message = { title: 'That call has ended', advice: 'You can start a new one.' };

/** The connection was lost and is being restored. */
export const BROKEN: Message = { title: 'The connection was lost', advice: 'Trying to reconnect. Stay on this page.' };

/** The browser blocks audio playback. */
export const SILENCED: Message = {
  title: 'The sound is off',
  advice: 'Your browser plays no audio until you press this button.',
  button: 'Turn on sound',
};

const TOKEN: Record<Refusal, Message> = {
  unreachable: {
    title: 'The server does not respond',
    advice: 'Check your network and that the server is running, then try again.',
    button: AGAIN,
  },
  forbidden: { title: 'The server refused the call', advice: 'Ask its operator for access.', button: AGAIN },
  busy: { title: 'Too many calls at the moment', advice: 'Wait a minute, then try again.', button: AGAIN },
  broken: { title: 'The server cannot start a call', advice: 'Its log says why.', button: AGAIN },
};

/** Describes why a call could not start. */
export function whyNot(error: unknown): Message {
  if (error instanceof TokenError) {
    const message = TOKEN[error.refusal];
    return error.message ? { ...message, advice: `${error.message}. ${message.advice}` } : message;
  }
  if (error instanceof Unreachable) {
    return {
      title: 'The voice server does not respond',
      advice: `No response from ${error.message}. Check that LiveKit is running and your network allows it.`,
      button: AGAIN,
    };
  }
  return { title: 'The call could not be started', advice: 'Reload the page and try again.', button: AGAIN };
}
