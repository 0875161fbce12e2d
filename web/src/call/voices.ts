const KEY = 'parlor.voice';

const WITHIN_MS = 5_000;

/** The voices that may be chosen; none when the server lets nobody choose, or does not answer. */
export async function askForVoices(): Promise<string[]> {
  try {
    const answer = await fetch('/api/voices', { signal: AbortSignal.timeout(WITHIN_MS) });
    const body = (await answer.json()) as { voices?: unknown } | null;
    const voices = answer.ok ? body?.voices : undefined;
    return Array.isArray(voices) ? voices.filter((it) => typeof it === 'string') : [];
  } catch {
    return [];
  }
}

/** Keeps the voice for the calls to come; an empty name is the agent's own. */
export function keepVoice(voice: string): void {
  localStorage.setItem(KEY, voice);
}

/** The voice that was kept. */
export function recallVoice(): string {
  return localStorage.getItem(KEY) ?? '';
}
