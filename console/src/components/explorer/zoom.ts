/**
 * Going into a part of the time, and out of it again.
 *
 * It must hold that "out" leads to where one came from, as long as that is known, and else to a range that is
 * wider: never to one that has nothing to do with what is shown.
 */
import type { Range, Span } from '../../lib/query/state';
import { isInstant } from '../../lib/time/bounds';

/** A step into a part of the time. */
export interface Zoom {
  readonly to: Span;
  /** As the address had it: undefined is the view's own. */
  readonly from: Range | undefined;
}

export function sameRange(a: Range | undefined, b: Range | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.from === b.from && a.to === b.to;
}

/** Whether a range is one that a brush makes: between two instants. Days are chosen from a calendar. */
export function isZoomed(range: Range | undefined): range is Span {
  if (typeof range !== 'object' || range.from === undefined || range.to === undefined) return false;
  return isInstant(range.from) && isInstant(range.to);
}

/** How much of its own length is added at either end where nobody knows what was there before. */
const WIDENED_BY = 2;

/** Where one was before. A link to a part of the time came from nowhere: then it is a wider part. */
export function zoomedOut(zooms: readonly Zoom[], range: Range | undefined): Range | undefined {
  const known = zooms.findLast((zoom) => sameRange(zoom.to, range));
  if (known !== undefined || !isZoomed(range)) return known?.from;
  const [from, to] = [Date.parse(range.from ?? ''), Date.parse(range.to ?? '')];
  const more = (to - from) * WIDENED_BY;
  const wider = [new Date(from - more), new Date(to + more)];
  if (wider.some((date) => Number.isNaN(date.getTime()))) return undefined;
  const [first, last] = wider.map((date) => date.toISOString());
  return { from: first, to: last };
}
