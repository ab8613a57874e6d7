/**
 * Texts of events as elements: what could make a line read as another one is shown as what it is, what was
 * searched is marked, and placeholders of secrets look like what they are.
 */
import { redactedPieces } from '../components/detail/redacted';
import type { SearchedRun } from '../lib/query/search';
import { shownRuns } from '../lib/text/highlight';
import { make } from './dom';

export interface TextLook {
  readonly words?: readonly SearchedRun[];
  readonly mono?: boolean;
  readonly strong?: boolean;
  /** Lines are kept. */
  readonly isMultiline?: boolean;
}

/** Most texts are plain: nothing in them has to be looked at twice. */
const PLAIN = /^[\x20-\x7E\u00A1-\u00AC\u00AE-\u024F]*$/;

export function said(text: string, look: TextLook = {}): HTMLElement {
  const { words = [], mono = false, strong = false, isMultiline = false } = look;
  const names = [mono && 'mono', strong && 'strong', isMultiline && 'lines'].filter((name) => name !== false);
  const element = make('bdi', { class: names.length > 0 ? names.join(' ') : undefined, dir: 'auto' });
  if (words.length === 0 && PLAIN.test(text)) {
    element.append(text);
    return element;
  }
  for (const run of shownRuns(text, words, isMultiline)) {
    if (run.kind === 'mark') element.append(make('span', { class: 'mark', title: run.name }, run.text));
    else element.append(run.isMatch ? make('mark', {}, run.text) : run.text);
  }
  return element;
}

/** The same, where it is shown whole. */
export function shown(text: string, look: TextLook = {}): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const piece of redactedPieces(text)) {
    fragment.append(
      piece.isRedacted
        ? make(
            'span',
            { class: 'redacted', title: 'A secret stood here. It was replaced before anything was kept.' },
            piece.text.slice(1, -1),
          )
        : said(piece.text, look),
    );
  }
  return fragment;
}
