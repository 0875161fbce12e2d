import type { SavedCall } from './token';

const KEY = 'parlor.place';

/** Time for a page that is being reloaded to release its call. */
const LET_GO_MS = 2_000;

/** Stores the call for the next page in this tab. */
export function keep(call: SavedCall): void {
  sessionStorage.setItem(KEY, JSON.stringify(call));
}

/** Removes the stored call: the next page starts a new call. */
export function forget(): void {
  sessionStorage.removeItem(KEY);
}

/** The call of this tab before a reload; none if this is a copy of a tab that still holds it. */
export async function recall(): Promise<SavedCall | undefined> {
  const call = parse(sessionStorage.getItem(KEY));
  if (!call) return undefined;
  if (await hold(call.identity)) return call;
  forget();
  return undefined;
}

/** Holds an identity until this page is closed. Returns false if another tab holds it. */
export async function hold(identity: string): Promise<boolean> {
  // Outside a secure context there are no locks, and no microphone either.
  if (!('locks' in navigator)) return true;
  const signal = AbortSignal.timeout(LET_GO_MS);
  return new Promise((held) => {
    const forever = (): Promise<never> => {
      held(true);
      return new Promise(() => {});
    };
    navigator.locks.request(`parlor:${identity}`, { signal }, forever).catch(() => held(false));
  });
}

function parse(kept: string | null): SavedCall | undefined {
  try {
    const { room, identity, token, isMuted = false, voice = '' } = JSON.parse(kept ?? '{}') as Partial<SavedCall>;
    return room && identity && token ? { room, identity, token, isMuted, voice } : undefined;
  } catch {
    return undefined;
  }
}
