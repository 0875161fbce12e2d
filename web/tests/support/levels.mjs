// Evaluates rows of [seconds, your level, the agent's level].

/** Minimum level of a voice. */
const LOUD = 0.01;

export const YOU = 1;
export const AGENT = 2;

/** Total seconds in which this voice was audible, from `since` on. */
export function heardFor(rows, voice, since = 0) {
  const loud = rows.filter((row) => row[0] >= since && row[voice] > LOUD);
  return (loud.length * 256) / 48_000;
}

/** Time at which this voice first became audible after `since`. */
export function onset(rows, voice, since) {
  return rows.find((row) => row[0] >= since && row[voice] > LOUD)?.[0];
}

/** Time at which this voice fell silent for `pause` seconds or more, after `since`. */
export function silence(rows, voice, since, pause) {
  let from;
  for (const row of rows.filter((it) => it[0] >= since)) {
    if (row[voice] > LOUD) from = undefined;
    else from ??= row[0];
    if (from !== undefined && row[0] - from >= pause) return from;
  }
  return undefined;
}
