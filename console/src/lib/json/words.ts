/**
 * What changed within a text, word by word, for long strings whose change would be hard to see.
 *
 * It must hold that the parts are the whole of both texts: what is the same and what was removed is the
 * old text, what is the same and what was added the new one.
 */
import { align } from './align';

/** Most UTF-16 code units of either text that are compared word by word; longer ones are replaced as a whole. */
export const MAX_WORD_DIFF_UNITS = 20_000;
/** If less than this share of the longer text stays, its words are not worth weaving together. */
const MIN_SHARED = 0.2;

/** A part of either text, or of both. */
export interface WordPart {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

const WORDS = /[\p{L}\p{M}\p{N}_]+|\s+|[^\p{L}\p{M}\p{N}_\s]/gu;

/** The parts that tell two texts apart. */
export function diffWords(old: string, next: string): WordPart[] {
  if (Math.max(old.length, next.length) > MAX_WORD_DIFF_UNITS) return whole(old, next);
  const [before, after] = [old.match(WORDS) ?? [], next.match(WORDS) ?? []];
  const parts: { kind: WordPart['kind']; text: string }[] = [];
  let shared = 0;
  for (const { kind, from, to } of align(before, after)) {
    const text = (kind === 'added' ? after[to] : before[from]) ?? '';
    if (kind === 'same' && text.trim() !== '') shared += text.length;
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  }
  const isWoven = shared >= MIN_SHARED * Math.max(old.length, next.length);
  return isWoven ? parts : whole(old, next);
}

function whole(old: string, next: string): WordPart[] {
  if (old === next) return old === '' ? [] : [{ kind: 'same', text: old }];
  const parts: WordPart[] = [
    { kind: 'removed', text: old },
    { kind: 'added', text: next },
  ];
  return parts.filter((part) => part.text !== '');
}
