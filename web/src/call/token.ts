/** Room and identity of a participant, and what a reloaded page needs to return to them. */
export interface SavedCall {
  room: string;
  identity: string;
  /** The last token; it proves that this identity was ours. */
  token: string;
  /** Whether the microphone was muted: a reload never unmutes it. */
  isMuted: boolean;
  /** The voice that was requested; empty for the agent's default. */
  voice: string;
}

/** URL and token for joining a room. */
export interface Pass {
  url: string;
  token: string;
}

/** Why the token endpoint issued no token. */
export type Refusal = 'unreachable' | 'forbidden' | 'busy' | 'broken';

/** The token endpoint issued no token. */
export class TokenError extends Error {
  constructor(
    readonly refusal: Refusal,
    message = '',
  ) {
    super(message);
  }
}

const WITHIN_MS = 10_000;

/** Requests a token: for a new call with this voice, or for returning to a former call. */
export async function askForPass(voice: string, former?: SavedCall): Promise<Pass> {
  const answer = await post(voice, former);
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new TokenError(refusalOf(answer.status), text(body, 'error'));
  const url = text(body, 'server_url');
  const token = text(body, 'participant_token');
  if (!url || !token) throw new TokenError('broken');
  return { url, token };
}

async function post(voice: string, former?: SavedCall): Promise<Response> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (former) headers['Authorization'] = `Bearer ${former.token}`;
  const identity = former ? { room_name: former.room, participant_identity: former.identity } : {};
  // The agent reads the voice from the metadata of its dispatch.
  const agent = { metadata: JSON.stringify({ voice }) };
  const body = voice ? { ...identity, room_config: { agents: [agent] } } : identity;
  try {
    return await fetch('/api/token', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(WITHIN_MS),
    });
  } catch {
    throw new TokenError('unreachable');
  }
}

function refusalOf(status: number): Refusal {
  if (status === 429 || status === 503) return 'busy';
  return status < 500 ? 'forbidden' : 'broken';
}

function text(body: unknown, key: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : '';
}
