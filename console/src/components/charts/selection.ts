/**
 * What is pointed at and selected in a chart over time, by pointer or by keyboard.
 *
 * It must hold that a selection is whole bars, at least one, and never beyond the last.
 */

/** How far a page key goes, in bars. */
const PAGE_BARS = 10;

export interface Selection {
  /** The bar that is pointed at. */
  readonly at: number | undefined;
  /** Where the selection began; the bar pointed at is its other end. */
  readonly anchor: number | undefined;
  /** By keyboard a selection stays; by pointer it ends with the button. */
  readonly by: 'keyboard' | 'pointer';
}

export const NOTHING: Selection = { at: undefined, anchor: undefined, by: 'pointer' };

export type Act =
  | { readonly type: 'key'; readonly key: string; readonly extends: boolean; readonly count: number }
  | { readonly type: 'point'; readonly at: number }
  | { readonly type: 'begin'; readonly at: number }
  | { readonly type: 'leave' }
  | { readonly type: 'blur' }
  | { readonly type: 'clear' };

function within(at: number, count: number): number {
  return Math.min(Math.max(at, 0), count - 1);
}

/** The bar that a key leads to; undefined if the key leads nowhere. */
function target(key: string, at: number | undefined, count: number): number | undefined {
  const last = count - 1;
  // Who comes by keyboard begins at the newest bar.
  const step = (bars: number) => (at === undefined ? last : within(at + bars, count));
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return step(-1);
    case 'ArrowRight':
    case 'ArrowUp':
      return step(1);
    case 'PageDown':
      return step(-PAGE_BARS);
    case 'PageUp':
      return step(PAGE_BARS);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** Whether a key moves through the bars. */
export function isMove(key: string): boolean {
  return target(key, 0, 1) !== undefined;
}

export function select(selection: Selection, act: Act): Selection {
  switch (act.type) {
    case 'key': {
      const at = act.count > 0 ? target(act.key, selection.at, act.count) : undefined;
      if (at === undefined) return selection;
      const anchor = act.extends ? (selection.anchor ?? selection.at ?? at) : undefined;
      return { at, anchor, by: 'keyboard' };
    }
    case 'point': {
      // A pointer that only passes by takes nothing away from what was selected by keyboard.
      if (selection.by === 'keyboard' && selection.anchor !== undefined) return selection;
      return { ...selection, at: act.at, by: 'pointer' };
    }
    case 'begin':
      return { at: act.at, anchor: act.at, by: 'pointer' };
    case 'leave':
      return selection.by === 'pointer' && selection.anchor === undefined ? NOTHING : selection;
    case 'blur':
      return NOTHING;
    case 'clear':
      return selection.anchor === undefined ? NOTHING : { ...selection, anchor: undefined };
  }
}

/** The first and the last bar that are meant: those selected, or the one pointed at. */
export function selected(selection: Selection, count: number): readonly [number, number] | undefined {
  const { at, anchor } = selection;
  if (at === undefined || count === 0) return undefined;
  const [a, b] = [within(at, count), within(anchor ?? at, count)];
  return a <= b ? [a, b] : [b, a];
}

/** The time from the beginning of one bar to the end of another. */
export function spanOf(
  bars: readonly { readonly start: string; readonly end: string }[],
  range: readonly [number, number] | undefined,
): { from: string; to: string } | undefined {
  if (range === undefined) return undefined;
  const [first, last] = [bars[range[0]], bars[range[1]]];
  return first === undefined || last === undefined ? undefined : { from: first.start, to: last.end };
}
