/**
 * The server that events are asked of, as the visitor whom a viewer token stands for.
 *
 * It must hold that the token goes to that server alone, in a header, that no cookie goes anywhere, and that
 * every failure is a `Problem`.
 */
import type { components } from '../api/schema';
import { Problem, problemOf, unreachable } from '../api/problem';
import type { ApiQuery } from '../lib/query/state';
import { writeUrlSearch } from '../lib/query/url';

export type Event = components['schemas']['Event'];
export type Party = components['schemas']['Party'];
export type EventPage = components['schemas']['EventPage'];

/** A token that is over, or that never was one. */
const UNAUTHENTICATED = 401;

export function isExpired(problem: unknown): boolean {
  return problem instanceof Problem && problem.status === UNAUTHENTICATED;
}

/** The server's base URL with a slash at its end; undefined if the text is none. */
export function baseOf(src: string, page: string): string | undefined {
  if (!URL.canParse(src, page)) return undefined;
  const url = new URL(src, page);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  return `${url.origin}${url.pathname.replace(/\/*$/, '/')}`;
}

export interface PageAsked {
  readonly query: ApiQuery;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export class Connection {
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  /** A page of the list. */
  async page({ query, limit, cursor }: PageAsked, signal: AbortSignal): Promise<EventPage> {
    const response = await this.ask('v1/events', { ...query, limit, cursor }, signal);
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok || !isPage(body)) throw problemOf(response, body);
    return body;
  }

  /** The stream of what is recorded after the event of this index. */
  tail(query: ApiQuery, after: string, signal: AbortSignal): Promise<Response> {
    return this.ask('v1/events/tail', query, signal, { 'last-event-id': after });
  }

  private async ask(
    path: string,
    query: object,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    try {
      return await fetch(`${this.base}${path}${writeUrlSearch({ ...query })}`, {
        headers: { ...headers, authorization: `Bearer ${this.token}` },
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        // What one visitor saw is not for the next one at the same machine.
        cache: 'no-store',
        redirect: 'error',
        signal,
      });
    } catch {
      signal.throwIfAborted();
      throw unreachable();
    }
  }
}

function isPage(body: unknown): body is EventPage {
  return (
    typeof body === 'object' && body !== null && 'data' in body && Array.isArray(body.data) && 'total' in body
  );
}

/** An event of the stream; undefined for what is none. */
export function readEvent(data: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && 'id' in value && 'occurred_at' in value;
}
