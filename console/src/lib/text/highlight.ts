/**
 * The words that were searched for, marked where they stand in a text.
 *
 * It must hold that what is marked is what the server found: whole words or their beginnings, words
 * in quotes next to each other, all without regard to case.
 */
import type { SearchedRun } from '../query/search';
import { fold, wordsOf, writtenLength } from '../query/words';
import { type TextRun, visibleRuns } from './visible';

/** A piece of a text. */
export interface MarkedPiece {
  readonly text: string;
  readonly isMatch: boolean;
}

/** How much of a text is looked at, in characters: more than anybody sees in a cell. */
export const MAX_MARKED_CHARS = 20_000;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Where the words of one run stand next to each other. */
function placesOf(
  run: SearchedRun,
  words: readonly (Stretch & { text: string; folded: string })[],
): Stretch[] {
  if (run.length === 0) return [];
  const places: Stretch[] = [];
  for (let at = 0; at + run.length <= words.length; at += 1) {
    const fits = run.every((wanted, offset) => {
      const folded = words[at + offset]?.folded ?? '';
      return wanted.isPrefix ? folded.startsWith(wanted.text) : folded === wanted.text;
    });
    const [first, last, wanted] = [words[at], words[at + run.length - 1], run.at(-1)];
    if (!fits || first === undefined || last === undefined || wanted === undefined) continue;
    const length = wanted.isPrefix ? writtenLength(last.text, wanted.text) : last.text.length;
    places.push({ from: first.from, to: last.from + length });
  }
  return places;
}

/** The stretches, joined where they touch. */
function joined(places: readonly Stretch[]): Stretch[] {
  const sorted = [...places].sort((a, b) => a.from - b.from);
  const result: Stretch[] = [];
  for (const place of sorted) {
    const last = result.at(-1);
    if (last === undefined || place.from > last.to) result.push(place);
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, place.to) };
  }
  return result;
}

/** A text in pieces, those that were searched for marked. */
export function markedPieces(text: string, runs: readonly SearchedRun[]): MarkedPiece[] {
  if (text === '') return [];
  if (runs.length === 0) return [{ text, isMatch: false }];
  const words = wordsOf(text.slice(0, MAX_MARKED_CHARS)).map((word) => ({
    ...word,
    folded: fold(word.text),
  }));
  const pieces: MarkedPiece[] = [];
  let at = 0;
  const push = (to: number, isMatch: boolean) => {
    if (to > at) pieces.push({ text: text.slice(at, to), isMatch });
    at = Math.max(at, to);
  };
  for (const place of joined(runs.flatMap((run) => placesOf(run, words)))) {
    push(place.from, false);
    push(place.to, true);
  }
  push(text.length, false);
  return pieces;
}

/** A text as it is shown: hostile characters visible, searched words marked. */
export function shownRuns(
  text: string,
  runs: readonly SearchedRun[] = [],
  isMultiline = false,
): (TextRun & { readonly isMatch: boolean })[] {
  const pieces = markedPieces(text, runs);
  const shown: (TextRun & { readonly isMatch: boolean })[] = [];
  let piece = 0;
  let pieceEnd = pieces[0]?.text.length ?? 0;
  let at = 0;
  // Which characters are suspect depends on their neighbours, so the whole text is looked at first.
  for (const run of visibleRuns(text, isMultiline)) {
    const end = at + run.source.length;
    while (at < end) {
      while (pieceEnd <= at && piece < pieces.length - 1) {
        piece += 1;
        pieceEnd += pieces[piece]?.text.length ?? 0;
      }
      const isMatch = pieces[piece]?.isMatch ?? false;
      const to = run.kind === 'mark' ? end : Math.min(end, pieceEnd);
      const source = text.slice(at, to);
      shown.push({ ...run, source, text: run.kind === 'mark' ? run.text : source, isMatch });
      at = to;
    }
  }
  return shown;
}
