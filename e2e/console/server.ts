/**
 * The real binary on a free port of this machine and a directory of its own, which goes with it.
 *
 * It is built by cargo before. It serves what is in console/dist now, so that after a change of the console nothing
 * need be compiled; or what the binary embeds, with EVIDENT_E2E_EMBEDDED; or the folder that TEST_EVIDENT_CONSOLE names.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How long the server may take to say where it is, the demo's first year included. In milliseconds. */
const PATIENCE_MS = 120_000;
/** How many lines of the server's log a failure shows. */
const LOG_LINES = 15;

const ROOT = join(import.meta.dirname, '../..');

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** What whoever founded an organization was given. */
export interface Founded {
  readonly organizationId: string;
  readonly owner: Credentials;
  readonly keys: { readonly ingest: string; readonly read: string; readonly admin: string };
}

export interface Running {
  /** `http://127.0.0.1:…`, without a slash at the end. */
  readonly url: string;
  /** The lines of its log so far. */
  readonly log: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** A server of the demo: a year of made-up events, and its keys. */
export interface Demo extends Running, Founded {}

/** A server that nobody has set up, and the link to do it. */
export interface Waiting extends Running {
  readonly setUpLink: string;
}

type Line = Record<string, unknown>;

function binary(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'evident');
  const target = process.env['CARGO_TARGET_DIR'] ?? join(cache, 'target');
  const path = join(target, 'debug/evident');
  if (!existsSync(path)) throw new Error(`${path} is not there: cargo build -p evident-server`);
  return path;
}

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('EVIDENT_'));
  const console = join(ROOT, 'console/dist');
  if (process.env['EVIDENT_E2E_EMBEDDED'] || process.env['TEST_EVIDENT_CONSOLE'])
    return Object.fromEntries(kept);
  if (!existsSync(join(console, 'console/index.html'))) {
    throw new Error('console/dist is not there: npm run build --prefix console');
  }
  return { ...Object.fromEntries(kept), TEST_EVIDENT_CONSOLE: console };
}

/** Starts `evident serve`, and reads what it prints until there is a line with this member. */
async function start(flags: readonly string[], until: string) {
  const folder = mkdtempSync(join(tmpdir(), 'evident-e2e-'));
  const data = join(folder, 'data');
  const args = ['serve', '--json', '--listen', '127.0.0.1:0', '--data', data, ...flags];
  const child = spawn(binary(), args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const stop = async () => {
    process.off('exit', kill);
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const told = await linesUntil(child, until);
    return { told, data, stop, log: () => log };
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${log.slice(-LOG_LINES).join('\n')}`, { cause: error });
  }
}

function linesUntil(child: ChildProcess, until: string): Promise<Line> {
  return new Promise((resolve, reject) => {
    const told: Line = {};
    const output = child.stdout;
    if (output === null) throw new Error('the server has no output');
    const timer = setTimeout(() => reject(new Error(`the server did not say "${until}"`)), PATIENCE_MS);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${String(code)}`)));
    createInterface({ input: output }).on('line', (line) => {
      Object.assign(told, JSON.parse(line));
      if (told[until] === undefined || told[until] === null) return;
      clearTimeout(timer);
      resolve(told);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await end;
  clearTimeout(late);
}

/** What stands at this path of members, which must be a text. */
export function textAt(value: unknown, ...members: string[]): string {
  let at = value;
  for (const member of members) {
    at = typeof at === 'object' && at !== null ? (at as Line)[member] : undefined;
  }
  if (typeof at !== 'string') throw new Error(`there is no ${members.join('.')}`);
  return at;
}

function keysIn(value: unknown) {
  return {
    ingest: textAt(value, 'keys', 'ingest'),
    read: textAt(value, 'keys', 'read'),
    admin: textAt(value, 'keys', 'admin'),
  };
}

/** A server of the demo, with about so many events (the incidents in full) and what comes while it runs. */
export async function startDemo(events: number): Promise<Demo> {
  const { told, data, stop, log } = await start(['--demo', '--demo-events', String(events)], 'demo');
  const kept: unknown = JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8'));
  return {
    url: textAt(told, 'listening'),
    organizationId: textAt(kept, 'organization_id'),
    owner: { email: textAt(kept, 'owner', 'email'), password: textAt(kept, 'password') },
    keys: keysIn(kept),
    log,
    stop,
  };
}

/** A server on an empty directory. */
export async function startWaiting(): Promise<Waiting> {
  const { told, stop, log } = await start([], 'setup');
  return { url: textAt(told, 'listening'), setUpLink: textAt(told, 'setup'), log, stop };
}

/** A server with an organization that has no events yet. */
export async function startEmpty(): Promise<Demo> {
  const waiting = await startWaiting();
  const owner = { email: 'ada@example.com', password: 'correct horse battery' };
  const token = new URL(waiting.setUpLink).hash.slice(1);
  const wishes = { token, organization: 'Acme AI', name: 'Ada Obi', ...owner };
  const answer = await fetch(`${waiting.url}/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wishes),
  });
  const founded: unknown = await answer.json();
  if (!answer.ok) throw new Error(`the set-up was refused: ${JSON.stringify(founded)}`);
  const organizationId = textAt(founded, 'organization_id');
  return { ...waiting, organizationId, owner, keys: keysIn(founded) };
}
