/**
 * The list that is shown: its pages, how many there are, and what is recorded meanwhile. No screen is known here.
 *
 * What must always hold:
 * - what is shown stays until what replaces it is there;
 * - an answer to what is no longer asked is never shown;
 * - a token that is over loses nothing: with the next one it goes on where it stopped.
 */
import type { Problem } from '../api/problem';
import { isProblem, unreachable } from '../api/problem';
import { readStream, type StreamState } from '../api/stream';
import type { ApiQuery } from '../lib/query/state';
import { type Connection, type Event, isExpired, readEvent } from './connection';

/** Most events that are shown; a page that holds more is slow, and nobody reads so far. */
export const MAX_SHOWN = 5000;
/** Most events that are held back while the reader is elsewhere; beyond them the list is read anew. */
export const MAX_HELD = 500;

export interface LogState {
  /** Waiting: for a token. */
  readonly phase: 'waiting' | 'loading' | 'shown' | 'failed';
  readonly events: readonly Event[];
  readonly total: number;
  /** What is shown answers what was asked before. */
  readonly isStale: boolean;
  /** Enough: there is more, but no more is shown. */
  readonly more: 'none' | 'there' | 'loading' | 'failed' | 'enough';
  /** Why there is no list, or no more of it. */
  readonly problem: Problem | undefined;
  readonly isExpired: boolean;
  readonly live: StreamState | 'off' | 'refused';
  /** How many events have been recorded that are not shown yet. */
  readonly held: number;
  /** Those that came while one looked. */
  readonly fresh: ReadonlySet<string>;
}

export const NOTHING: LogState = {
  phase: 'waiting',
  events: [],
  total: 0,
  isStale: false,
  more: 'none',
  problem: undefined,
  isExpired: false,
  live: 'off',
  held: 0,
  fresh: new Set(),
};

export interface Asked {
  readonly query: ApiQuery;
  readonly pageSize: number;
  /** Whether events are shown as they are recorded. */
  readonly isLive: boolean;
}

export interface LogListener {
  onChange: (state: LogState) => void;
  /** The token is over. Said once of each. */
  onExpired: () => void;
  /** Whether what comes may go on top at once: the reader is there. */
  isAtTop: () => boolean;
}

export class Log {
  state: LogState = NOTHING;
  private connection: Connection | undefined;
  private asked: Asked | undefined;
  private cursor: string | undefined;
  /** The index to follow from; undefined before there is a list. */
  private after: string | undefined;
  private held: readonly Event[] = [];
  private reading = new AbortController();
  private stopTail: () => void = () => undefined;
  private hasSaidExpired = false;

  constructor(private readonly listener: LogListener) {}

  /** Another token, or another server. Undefined: there is none to ask. */
  connect(connection: Connection | undefined): void {
    this.connection = connection;
    this.hasSaidExpired = false;
    const { isExpired: wasExpired, phase, more } = this.state;
    const isBegun = phase === 'shown' && !this.state.isStale;
    this.stop();
    if (connection === undefined) return;
    this.set({ isExpired: false });
    if (!isBegun) this.reload();
    else if (wasExpired && more === 'failed') this.more();
    if (isBegun) this.follow();
  }

  /** Asks for something else. */
  ask(asked: Asked): void {
    const before = this.asked;
    this.asked = asked;
    const isSame =
      before?.pageSize === asked.pageSize && JSON.stringify(before.query) === JSON.stringify(asked.query);
    if (!isSame) this.reload();
    else if (before.isLive !== asked.isLive) this.follow();
  }

  /** Forgets what is shown: it is another log's. */
  clear(): void {
    this.stop();
    this.held = [];
    this.after = undefined;
    this.state = NOTHING;
    this.listener.onChange(this.state);
  }

  /** Reads the list anew. */
  reload(): void {
    if (this.connection === undefined || this.asked === undefined) return;
    this.stop();
    const isShown = this.state.events.length > 0 || this.state.phase === 'shown';
    this.set({ phase: isShown ? 'shown' : 'loading', isStale: isShown, problem: undefined, more: 'none' });
    void this.readFirst(this.connection, this.asked, this.reading.signal);
  }

  /** Reads the next page. */
  more(): void {
    const { more } = this.state;
    if (this.connection === undefined || this.asked === undefined) return;
    if (this.cursor === undefined || (more !== 'there' && more !== 'failed')) return;
    this.set({ more: 'loading', problem: undefined });
    void this.readNext(this.connection, this.asked, this.cursor, this.reading.signal);
  }

  /** Shows what was held back. */
  showHeld(): void {
    if (this.held.length >= MAX_HELD) {
      this.reload();
      return;
    }
    const known = new Set(this.state.events.map(({ id }) => id));
    const come = this.held.filter(({ id }) => !known.has(id));
    this.held = [];
    this.set({
      events: [...come, ...this.state.events].sort(newestFirst).slice(0, MAX_SHOWN),
      total: this.state.total + come.length,
      fresh: new Set([...this.state.fresh, ...come.map(({ id }) => id)]),
      held: 0,
    });
  }

  /** Asks for nothing any more, until it is asked or connected again. */
  stop(): void {
    this.reading.abort();
    this.reading = new AbortController();
    this.stopTail();
    this.stopTail = () => undefined;
    if (this.state.more === 'loading') this.set({ more: 'there' });
    if (this.state.live !== 'off') this.set({ live: 'off' });
  }

  private set(change: Partial<LogState>): void {
    this.state = { ...this.state, ...change };
    this.listener.onChange(this.state);
  }

  private async readFirst(connection: Connection, { query, pageSize }: Asked, signal: AbortSignal) {
    try {
      const page = await connection.page({ query, limit: pageSize }, signal);
      if (signal.aborted) return;
      this.cursor = page.next_cursor ?? undefined;
      // After the last event that the list knows of, so that none is missed in between.
      this.after = String(page.as_of - 1);
      this.held = [];
      this.set({
        phase: 'shown',
        events: page.data,
        total: page.total,
        isStale: false,
        isExpired: false,
        more: this.cursor === undefined ? 'none' : 'there',
        held: 0,
        fresh: new Set(),
      });
      this.follow();
    } catch (error) {
      if (!signal.aborted) this.fail(error, true);
    }
  }

  private async readNext(
    connection: Connection,
    { query, pageSize }: Asked,
    cursor: string,
    signal: AbortSignal,
  ) {
    try {
      const page = await connection.page({ query, limit: pageSize, cursor }, signal);
      if (signal.aborted) return;
      this.cursor = page.next_cursor ?? undefined;
      const known = new Set(this.state.events.map(({ id }) => id));
      const events = [...this.state.events, ...page.data.filter(({ id }) => !known.has(id))];
      const rest = events.length >= MAX_SHOWN ? 'enough' : 'there';
      this.set({
        events: events.slice(0, MAX_SHOWN),
        more: this.cursor === undefined ? 'none' : rest,
        isExpired: false,
      });
    } catch (error) {
      if (!signal.aborted) this.fail(error, false);
    }
  }

  private fail(error: unknown, isFirst: boolean): void {
    const problem = isProblem(error) ? error : unreachable();
    const expired = isExpired(problem);
    if (!isFirst) this.set({ more: 'failed', problem, isExpired: expired });
    // With the next token it is asked again: what is shown may stay until then.
    else if (expired && this.state.phase === 'shown') this.set({ isStale: true, problem, isExpired: true });
    else this.set({ phase: 'failed', events: [], isStale: false, problem, isExpired: expired });
    if (expired) this.sayExpired();
  }

  private sayExpired(): void {
    if (this.hasSaidExpired) return;
    this.hasSaidExpired = true;
    this.listener.onExpired();
  }

  private follow(): void {
    this.stopTail();
    this.stopTail = () => undefined;
    const { connection, asked, after } = this;
    const isDescending = asked?.query.order !== 'asc';
    if (connection === undefined || !asked?.isLive || !isDescending || after === undefined) {
      if (this.state.live !== 'off') this.set({ live: 'off' });
      return;
    }
    this.stopTail = readStream({
      open: (last, signal) => connection.tail(asked.query, last, signal),
      after,
      onMessage: ({ id, data }) => {
        if (id !== undefined) this.after = id;
        const event = readEvent(data);
        if (event !== undefined) this.take(event);
      },
      onState: (live) => this.set({ live }),
      onRefused: (problem) => {
        const expired = isExpired(problem);
        this.set({ live: 'refused', isExpired: expired });
        if (expired) this.sayExpired();
      },
    });
  }

  private take(event: Event): void {
    if (this.held.length < MAX_HELD) this.held = [event, ...this.held];
    if (this.held.length < MAX_HELD && this.listener.isAtTop()) this.showHeld();
    else this.set({ held: this.held.length });
  }
}

function newestFirst(a: Event, b: Event): number {
  if (a.occurred_at !== b.occurred_at) return a.occurred_at < b.occurred_at ? 1 : -1;
  return b.index - a.index;
}
