/**
 * What an event changed: each field with its value before and after. Long texts show which words changed,
 * objects which of their members.
 */
import type { components } from '../api/schema';
import { changeLook } from '../components/detail/change-look';
import { diffJson, type DiffRow, diffWords, pathText } from '../lib/json';
import { plural } from '../lib/text/numbers';
import { make, unseen } from './dom';
import { said, shown } from './texts';

type Change = components['schemas']['Change'];

/** Changes that are shown; the event's JSON has them all. */
export const MAX_CHANGES = 100;
/** Rows of one object's diff that are shown. */
const MAX_ROWS = 200;

type SideKind = 'removed' | 'added';

export function changesList(changes: readonly Change[]): Node[] {
  const items = changes
    .slice(0, MAX_CHANGES)
    .map((change) =>
      make('li', {}, make('div', { class: 'muted' }, said(change.field, { mono: true })), oneChange(change)),
    );
  const left = changes.length - MAX_CHANGES;
  const note = make('p', { class: 'muted' }, `${plural(left, 'more change')} in the event’s JSON.`);
  return [make('ul', { class: 'changes' }, ...items), ...(left > 0 ? [note] : [])];
}

function oneChange(change: Change): HTMLElement {
  switch (changeLook(change)) {
    case 'words':
      return wordDiff(String(change.old), String(change.new));
    case 'json':
      return jsonDiff(change.old, change.new);
    default:
      return pair(side('removed', change.old), side('added', change.new));
  }
}

function pair(before: HTMLElement, after: HTMLElement): HTMLElement {
  return make(
    'div',
    { class: 'pair' },
    before,
    make('span', { class: 'faint', 'aria-hidden': 'true' }, '→'),
    after,
  );
}

function side(kind: SideKind, value: unknown): HTMLElement {
  const word = unseen(kind === 'removed' ? 'Before: ' : 'After: ');
  if (value === undefined || value === null) {
    return make('span', { class: 'faint' }, word, value === null ? 'null' : 'not set');
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const look = { mono: typeof value !== 'string', isMultiline: true };
  const content = text === '' ? 'empty text' : shown(text, look);
  return make(kind === 'removed' ? 'del' : 'ins', {}, word, content);
}

function wordDiff(old: string, next: string): HTMLElement {
  const parts = diffWords(old, next).map(({ kind, text }) => {
    const content = shown(text, { isMultiline: true });
    if (kind === 'same') return content;
    return make(kind === 'removed' ? 'del' : 'ins', {}, unseen(`${kind}: `), content);
  });
  return make('div', { class: 'words' }, ...parts);
}

const SIGNS = { added: '+', removed: '−', changed: '~', same: '' } as const;

function jsonDiff(old: unknown, next: unknown): HTMLElement {
  const { rows, leftOut } = diffJson(old ?? undefined, next ?? undefined);
  const changed = rows.filter(({ kind }) => kind !== 'same');
  const same = rows.length - changed.length;
  const hidden = Math.max(0, changed.length - MAX_ROWS) + leftOut;
  const notes = [
    same > 0 ? `${plural(same, 'value')} unchanged.` : '',
    hidden > 0 ? `${plural(hidden, 'more difference')} in the event’s JSON.` : '',
  ];
  return make(
    'div',
    {},
    make('ul', { class: 'differences' }, ...changed.slice(0, MAX_ROWS).map(jsonRow)),
    make('p', { class: 'muted' }, notes.filter((note) => note !== '').join(' ')),
  );
}

function jsonRow({ kind, path, old, new: next }: DiffRow): HTMLElement {
  const name = pathText(path);
  const [before, after] = [side('removed', old), side('added', next)];
  return make(
    'li',
    {},
    make('span', { class: `sign ${kind}`, title: kind, 'aria-hidden': 'true' }, SIGNS[kind]),
    name === '' ? undefined : make('span', { class: 'muted' }, said(name, { mono: true })),
    kind === 'changed' ? pair(before, after) : kind === 'added' ? after : before,
  );
}
