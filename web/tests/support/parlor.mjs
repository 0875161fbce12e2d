// A whole Parlor on this machine: livekit-server, simulator, worker and page.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../../..');

const UP_WITHIN_MS = 30_000;
const DOWN_WITHIN_MS = 10_000;
const SAID_WITHIN_MS = 20_000;

export class Parlor {
  /** Starts it and waits for its page. */
  static async start(...flags) {
    const program = resolve(process.env.PARLOR_BIN ?? `${ROOT}/target/debug/parlor`);
    // A session of its own: cells have groups of their own and outlive the worker.
    const child = spawn(program, ['demo', '--web', '127.0.0.1:0', '--no-open', ...flags], {
      cwd: ROOT,
      env: { PARLOR_LOG: 'info', ...process.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const parlor = new Parlor(child);
    try {
      parlor.url = await parlor.#address();
    } catch (error) {
      parlor.kill();
      throw error;
    }
    return parlor;
  }

  #child;
  #lines;
  #wrote = [];

  constructor(child) {
    this.#child = child;
    this.#lines = createInterface(child.stderr);
    this.#lines.on('line', (line) => this.#wrote.push(line));
  }

  /** Ends it as Ctrl-C does. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit', { signal: AbortSignal.timeout(DOWN_WITHIN_MS) });
    this.#child.kill('SIGINT');
    await exited.finally(() => this.kill());
  }

  /** Waits until it has written a line like this one. */
  async writes(pattern) {
    const signal = AbortSignal.timeout(SAID_WITHIN_MS);
    while (!this.#wrote.some((line) => pattern.test(line))) await once(this.#lines, 'line', { signal });
  }

  /** Kills every process of it at once. */
  kill() {
    if (this.#child.pid === undefined) return;
    for (const pid of this.#session(() => true)) end(pid);
  }

  /** Kills the agents, and holds whoever would bring others; the rooms stay. */
  killAgents() {
    const { pid: worker } = this.#child;
    process.kill(worker, 'SIGSTOP');
    for (const pid of this.#session((name) => name !== 'livekit-server')) if (pid !== worker) end(pid);
  }

  /** Its processes by their names, as Linux tells them. */
  #session(isWanted) {
    const pids = readdirSync('/proc').filter((it) => /^\d+$/.test(it));
    return pids.map(Number).filter((pid) => {
      const [, name, rest] = stat(pid).match(/\((.*)\) (.*)/) ?? [];
      return name !== undefined && Number(rest.split(' ')[3]) === this.#child.pid && isWanted(name);
    });
  }

  async #address() {
    const lines = createInterface(this.#child.stdout);
    const late = AbortSignal.timeout(UP_WITHIN_MS);
    return new Promise((found, failed) => {
      const fail = (why) => failed(new Error(`${why}:\n${this.#wrote.join('\n')}`));
      late.addEventListener('abort', () => fail('parlor did not come up in time'));
      this.#child.once('error', (error) => fail(`parlor cannot be started: ${error.message}`));
      this.#child.once('exit', () => fail('parlor ended'));
      lines.on('line', (line) => {
        const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+\//) ?? [];
        if (url) found(url);
      });
    });
  }
}

/** A token for a room of the demo's own livekit-server, whose key is no secret: it opens loopback alone. */
export function mint(room, identity) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'demo', sub: identity, nbf: now - 5, exp: now + 600, video: { roomJoin: true, room } };
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims].map((it) => base64(JSON.stringify(it)));
  const key = createHmac('sha256', 'a key that opens loopback alone, no other');
  return [...parts, base64(key.update(parts.join('.')).digest())].join('.');
}

function base64(what) {
  return Buffer.from(what).toString('base64url');
}

/** Kills a process, if it is still there. */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** One process in /proc, if it is still there. */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
