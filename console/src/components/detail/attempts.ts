/** The two halves of something that was announced before it was done. */
import type { Event } from '../../api/events';

export interface Halves {
  attempt: Event | undefined;
  /** The newest, where there are several. */
  outcome: Event | undefined;
  /** Outcomes besides that one. */
  moreOutcomes: number;
}

/** Sorts out which of the events with one attempt id are which; the one at hand always keeps its side. */
export function halvesOf(event: Event, others: readonly Event[]): Halves {
  const rest = others.filter((other) => other.id !== event.id && other.attempt_id === event.attempt_id);
  const outcomes = rest.filter(({ phase }) => phase === 'outcome').sort((a, b) => b.index - a.index);
  const attempts = rest.filter(({ phase }) => phase === 'attempt').sort((a, b) => a.index - b.index);
  if (event.phase === 'attempt') {
    return { attempt: event, outcome: outcomes[0], moreOutcomes: Math.max(0, outcomes.length - 1) };
  }
  return { attempt: attempts[0], outcome: event, moreOutcomes: outcomes.length };
}
