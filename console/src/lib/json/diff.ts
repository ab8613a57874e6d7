/**
 * What changed between two JSON values, as rows for a table: the deepest values that differ, and the
 * highest that stayed the same.
 *
 * It must hold that the rows are all there is to say: no difference is left out without being counted
 * in `leftOut`. Members are compared by name; items of arrays are aligned, so that one item put in
 * front is one row and not a change of all others.
 */
import { align } from './align';
import { itemsOf, kindOf, membersOf, pointerTo, stableText } from './value';

/** Most rows of a diff. */
export const MAX_DIFF_ROWS = 2000;
/** Levels that are compared one by one; values nested deeper are not told apart. Events have 64. */
const MAX_LEVELS = 100;

export type DiffKind = 'added' | 'removed' | 'changed' | 'same';

/** One value, on both sides. */
export interface DiffRow {
  readonly kind: DiffKind;
  /** Where it stands, from the outside in: names and places. Of a removed item its old place, else its new one. */
  readonly path: readonly (string | number)[];
  /** The same as an RFC 6901 pointer. A removed item and an added one may share it. */
  readonly pointer: string;
  /** The old value; undefined if it was added. */
  readonly old: unknown;
  /** The new value; undefined if it was removed. */
  readonly new: unknown;
}

export interface Diff {
  readonly rows: readonly DiffRow[];
  /** How many rows there are beyond `MAX_DIFF_ROWS`. */
  readonly leftOut: number;
}

/** The rows between two values. Either may be undefined: then all was added, or all removed. */
export function diffJson(old: unknown, next: unknown): Diff {
  const rows = new Rows();
  if (old === undefined && next === undefined) return rows;
  compare(old, next, { path: [], pointer: '' }, rows);
  return rows;
}

/** A path of a diff in words: `request.body.items[2]`; names with other characters in brackets and quotes. */
export function pathText(path: readonly (string | number)[]): string {
  const part = (token: string | number, at: number) => {
    if (typeof token === 'number') return `[${token}]`;
    if (!/^[\p{L}_][\p{L}\p{M}\p{N}_-]*$/u.test(token)) return `[${JSON.stringify(token)}]`;
    return at === 0 ? token : `.${token}`;
  };
  return path.map(part).join('');
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly pointer: string;
}

class Rows implements Diff {
  readonly rows: DiffRow[] = [];
  leftOut = 0;

  add(kind: DiffKind, place: Place, old: unknown, next: unknown): void {
    if (this.rows.length < MAX_DIFF_ROWS) this.rows.push({ kind, ...place, old, new: next });
    else this.leftOut += 1;
  }
}

const within = ({ path, pointer }: Place, token: string | number): Place => ({
  path: [...path, token],
  pointer: pointerTo(pointer, token),
});

function compare(old: unknown, next: unknown, place: Place, rows: Rows): void {
  if (old === undefined) {
    rows.add('added', place, old, next);
    return;
  }
  if (next === undefined) {
    rows.add('removed', place, old, next);
    return;
  }
  const levels = MAX_LEVELS - place.path.length;
  if (stableText(old, levels) === stableText(next, levels)) {
    rows.add('same', place, old, next);
    return;
  }
  const kinds = [kindOf(old), kindOf(next)];
  if (kinds.every((kind) => kind === 'object')) compareMembers(old, next, place, rows);
  else if (kinds.every((kind) => kind === 'array')) compareItems(old, next, place, rows);
  else rows.add('changed', place, old, next);
}

function compareMembers(old: unknown, next: unknown, place: Place, rows: Rows): void {
  const [before, after] = [new Map(membersOf(old)), new Map(membersOf(next))];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  for (const name of names) compare(before.get(name), after.get(name), within(place, name), rows);
}

function compareItems(old: unknown, next: unknown, place: Place, rows: Rows): void {
  const [before, after] = [itemsOf(old), itemsOf(next)];
  const levels = MAX_LEVELS - place.path.length;
  const texts = (items: readonly unknown[]) => items.map((item) => stableText(item, levels));
  let removed: number[] = [];
  let added: number[] = [];
  const flush = () => {
    // What was removed and added at one place is a change, as far as both go.
    const pairs = Math.max(removed.length, added.length);
    for (let at = 0; at < pairs; at += 1) {
      const [from, to] = [removed[at], added[at]];
      const item = (items: readonly unknown[], index: number | undefined) =>
        index === undefined ? undefined : (items[index] ?? null);
      compare(item(before, from), item(after, to), within(place, to ?? from ?? 0), rows);
    }
    [removed, added] = [[], []];
  };
  for (const { kind, from, to } of align(texts(before), texts(after))) {
    if (kind === 'removed') removed.push(from);
    else if (kind === 'added') added.push(to);
    else {
      flush();
      rows.add('same', within(place, to), before[from], after[to]);
    }
  }
  flush();
}
