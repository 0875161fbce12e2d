import type { Place } from './token';

const KEY = 'parlor.place';

/** How long a page that is being reloaded may take to let go of its place. */
const LET_GO_MS = 2_000;

/** Keeps the place for this tab's next page. */
export function keep(place: Place): void {
  sessionStorage.setItem(KEY, JSON.stringify(place));
}

/** The call is over: the next page starts a new one. */
export function forget(): void {
  sessionStorage.removeItem(KEY);
}

/** The place that this tab had before it was reloaded, if no other tab has it: a duplicated tab copies what is kept. */
export async function recall(): Promise<Place | undefined> {
  const place = parse(sessionStorage.getItem(KEY));
  if (!place) return undefined;
  if (await hold(place.identity)) return place;
  forget();
  return undefined;
}

/** Holds an identity until this page is gone. False: another tab holds it. */
export async function hold(identity: string): Promise<boolean> {
  // Without a secure context there are no locks, and no microphone either.
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

function parse(kept: string | null): Place | undefined {
  try {
    const { room, identity, token, isMuted = false, voice = '' } = JSON.parse(kept ?? '{}') as Partial<Place>;
    return room && identity && token ? { room, identity, token, isMuted, voice } : undefined;
  } catch {
    return undefined;
  }
}
