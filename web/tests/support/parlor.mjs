// A complete Parlor on this machine: livekit-server, simulator, worker and page.
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
  /** Starts Parlor and waits for the URL of its page. */
  static async start(...flags) {
    const program = resolve(process.env.PARLOR_BIN ?? `${ROOT}/target/debug/parlor`);
    // In a separate session: cells have their own process groups and outlive the worker.
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

  /** Stops Parlor like Ctrl-C. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit', { signal: AbortSignal.timeout(DOWN_WITHIN_MS) });
    this.#child.kill('SIGINT');
    await exited.finally(() => this.kill());
  }

  /** Waits until Parlor has logged a line that matches. */
  async writes(pattern) {
    const signal = AbortSignal.timeout(SAID_WITHIN_MS);
    while (!this.#wrote.some((line) => pattern.test(line))) await once(this.#lines, 'line', { signal });
  }

  /** Kills all processes of the session at once. */
  kill() {
    if (this.#child.pid === undefined) return;
    for (const pid of this.#session(() => true)) end(pid);
  }

  /** Kills the agents and suspends the worker, which would replace them; the rooms stay. */
  killAgents() {
    const { pid: worker } = this.#child;
    process.kill(worker, 'SIGSTOP');
    for (const pid of this.#session((name) => name !== 'livekit-server')) if (pid !== worker) end(pid);
  }

  /** Processes of the session whose name is wanted, from /proc. */
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
      late.addEventListener('abort', () => fail('parlor did not start in time'));
      this.#child.once('error', (error) => fail(`cannot start parlor: ${error.message}`));
      this.#child.once('exit', () => fail('parlor exited'));
      lines.on('line', (line) => {
        const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+\//) ?? [];
        if (url) found(url);
      });
    });
  }
}

/** Signs a token for a room of the demo's livekit-server, with its well-known key for loopback. */
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

/** Kills a process if it still runs. */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Reads the /proc entry of a process, if it still runs. */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
