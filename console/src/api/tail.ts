/**
 * Events as they are recorded, read from the server's stream.
 *
 * The stream is read by `fetch`, not by `EventSource`: only so can it be told after which event to begin, so
 * that none is missed between a list and its tail.
 */
import type { ApiQuery } from '../lib/query/state';
import type { Event } from './events';
import { tailAddress } from './events';
import type { Problem } from './problem';
import { readStream, type StreamState } from './stream';

export type TailState = StreamState;

export interface TailOptions {
  query: ApiQuery;
  /** The index to begin after; -1 for the first event of all. */
  after: number;
  onEvent: (event: Event) => void;
  onState: (state: TailState) => void;
  /** Nothing will come any more: the server refuses. */
  onRefused: (problem: Problem) => void;
}

/** Follows until the function that it gives is called. */
export function follow({ query, after, onEvent, onState, onRefused }: TailOptions): () => void {
  return readStream({
    open: (last, signal) =>
      fetch(tailAddress(query), {
        headers: { 'last-event-id': last, accept: 'text/event-stream' },
        signal,
      }),
    after: String(after),
    onMessage: ({ data }) => onEvent(JSON.parse(data) as Event),
    onState,
    onRefused,
  });
}
