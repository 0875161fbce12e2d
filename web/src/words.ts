import type { AgentTrouble } from './call/agent';
import { Unreachable, type Ending } from './call/call';
import type { MicrophoneTrouble } from './call/microphone';
import { TokenError, type Refusal } from './call/token';

/** What is said to people when something is wrong. */
export interface Words {
  title: string;
  advice: string;
  button?: string;
}

const AGAIN = 'Try again';
const NEW_CALL = 'Start a new call';

/** The microphone cannot be had; the call goes on. */
export const MICROPHONE: Record<MicrophoneTrouble, Words> = {
  none: {
    title: 'No microphone was found',
    advice: 'Plug one in and try again. Until then you can type.',
    button: AGAIN,
  },
  refused: {
    title: 'The microphone is not allowed',
    advice: 'Allow it for this page, beside its address in the browser, and try again. Until then you can type.',
    button: AGAIN,
  },
  'in use': {
    title: 'The microphone is in use',
    advice: 'Close the program that has it, or choose another one, and try again.',
    button: AGAIN,
  },
  insecure: {
    title: 'The microphone needs a secure page',
    advice: 'Open this page by https, or on this computer as localhost. Until then you can type.',
  },
  broken: {
    title: 'The microphone does not start',
    advice: 'Choose another one, or unplug it and plug it in again, and try again.',
    button: AGAIN,
  },
};

/** What the agent's absence comes to. */
export const AGENT: Record<NonNullable<AgentTrouble>, Words> = {
  'never came': {
    title: 'No agent came',
    advice: 'Nobody answers in this room. Check that a worker is running, then start a new call.',
    button: NEW_CALL,
  },
  'never ready': {
    title: 'The agent does not get ready',
    advice: 'It is in the room but does not listen. Its log says why. You can wait, or start a new call.',
    button: NEW_CALL,
  },
  left: {
    title: 'The agent has left',
    advice: 'It may come back by itself. You can wait, or start a new call.',
    button: NEW_CALL,
  },
};

/** How the call ended. */
export const ENDING: Record<Ending, Words> = {
  closed: { title: 'The call has ended', advice: 'Thank you for calling.' },
  removed: { title: 'The call has ended', advice: 'The agent has hung up. You can start a new one.' },
  elsewhere: { title: 'The call goes on elsewhere', advice: 'It was taken over by another tab or window.' },
  gone: {
    title: 'The server is gone',
    advice: 'The connection was lost and did not come back. Check your network, then try again.',
    button: AGAIN,
  },
};

/** The call that a reloaded page was in cannot be had back. */
export const PLACE_LOST: Words = { title: 'That call is over', advice: 'You can start a new one.' };

/** The connection broke and is being mended. */
export const BROKEN: Words = { title: 'The connection was lost', advice: 'Trying to get it back. Stay on this page.' };

/** The browser plays nothing yet. */
export const SILENCED: Words = {
  title: 'The sound is off',
  advice: 'Your browser waits for you before it plays anything.',
  button: 'Turn the sound on',
};

const TOKEN: Record<Refusal, Words> = {
  unreachable: {
    title: 'The server does not answer',
    advice: 'Check your network and that the server runs, then try again.',
    button: AGAIN,
  },
  forbidden: { title: 'The server refused the call', advice: 'Ask who runs it to let you in.', button: AGAIN },
  busy: { title: 'Too many calls at the moment', advice: 'Wait a minute, then try again.', button: AGAIN },
  broken: { title: 'The server cannot start a call', advice: 'Its log says why.', button: AGAIN },
};

/** Why a call did not begin. */
export function whyNot(error: unknown): Words {
  if (error instanceof TokenError) {
    const words = TOKEN[error.refusal];
    return error.message ? { ...words, advice: `${error.message} ${words.advice}` } : words;
  }
  if (error instanceof Unreachable) {
    return {
      title: 'The voice server does not answer',
      advice: `Nothing answers at ${error.message}. Check that LiveKit runs and that your network lets you there.`,
      button: AGAIN,
    };
  }
  return { title: 'The call did not begin', advice: 'Reload the page and try again.', button: AGAIN };
}
