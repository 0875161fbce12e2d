const KEY = 'parlor.voice';

const WITHIN_MS = 5_000;

/** The voices to choose from; empty if the server does not allow a choice or does not respond. */
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

/** Stores the voice for later calls; empty for the agent's default. */
export function keepVoice(voice: string): void {
  localStorage.setItem(KEY, voice);
}

/** The stored voice. */
export function recallVoice(): string {
  return localStorage.getItem(KEY) ?? '';
}
