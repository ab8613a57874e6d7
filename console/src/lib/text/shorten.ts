/**
 * Texts and ids cut to what fits, at borders that a reader would not notice.
 *
 * It must hold that no character is ever cut in two, that what is short stays as it is, and that a
 * text of any length costs no more than its first part.
 */

/** Ids up to this length are shown whole, in characters. */
const MAX_WHOLE_ID_CHARS = 14;
const UUID = /^([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})$/i;
/** The kind of thing that an id is of, such as `usr_`. */
const KIND = /^[A-Za-z]{1,8}[_-]/;
const ID_HEAD_CHARS = 3;
const PLAIN_ID_HEAD_CHARS = 6;
const ID_TAIL_CHARS = 4;
/** Code units of one shown character at most: a letter may carry any number of accents. */
const MAX_UNITS_PER_CHARACTER = 16;
const ASCII_PRINTABLE = /^[\x20-\x7E]*$/;

export const ELLIPSIS = '…';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** An id, its beginning and end: usr_01J…9F3K, 0198…c3d1. */
export function shortenId(id: string): string {
  const uuid = UUID.exec(id);
  if (uuid !== null) return `${uuid[1] ?? ''}${ELLIPSIS}${uuid[2] ?? ''}`;
  if (id.length <= MAX_WHOLE_ID_CHARS) return id;
  const kind = KIND.exec(id)?.[0] ?? '';
  const headLength = kind === '' ? PLAIN_ID_HEAD_CHARS : kind.length + ID_HEAD_CHARS;
  const units = (headLength + ID_TAIL_CHARS) * 2;
  const head = Array.from(id.slice(0, units)).slice(0, headLength);
  const tail = Array.from(id.slice(-units)).slice(-ID_TAIL_CHARS);
  const short = `${head.join('')}${ELLIPSIS}${tail.join('')}`;
  return short.length < id.length ? short : id;
}

/** The beginning of a text, at most so many characters as a reader counts them. */
export function cutText(text: string, maxCharacters: number): string {
  // No character is shorter than one unit.
  if (text.length <= maxCharacters) return text;
  const units = maxCharacters * MAX_UNITS_PER_CHARACTER;
  const beginning = text.slice(0, units);
  if (ASCII_PRINTABLE.test(beginning)) return `${text.slice(0, maxCharacters)}${ELLIPSIS}`;
  let count = 0;
  for (const { index } of segmenter.segment(beginning)) {
    if (count === maxCharacters) return `${text.slice(0, index)}${ELLIPSIS}`;
    count += 1;
  }
  if (beginning.length === text.length) return text;
  // All of it is accents of few letters. A pair of surrogates is not cut in two.
  return `${beginning.replace(/[\uD800-\uDBFF]$/, '')}${ELLIPSIS}`;
}
