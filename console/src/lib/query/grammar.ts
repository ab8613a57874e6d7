/**
 * The language of the search bar, read as the server reads `q`, but with positions.
 *
 * ```text
 * q      = terms between white space
 * term   = ["-"] field ":" value      the field's values are, or are not, this
 *        | '"' text '"'               its words, one just after the other
 *        | text                       each of its words
 * field  = a known field; "\ " and '\"' stand for a space and a quote in a key
 * value  = parts, some in '"'; "*" is any run of characters, white space ends what is not in quotes;
 *          in quotes '\"', '\\' and '\*' stand for '"', '\' and '*' themselves
 * ```
 *
 * It must hold that terms tile all that is no white space, and that a term is what the server takes
 * it for: whatever is no field, or has no value, is text.
 */
import { type FieldMistake, readField } from './fields';

/** A stretch of the text. */
export interface Stretch {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}

/** `field:value`. */
export interface FieldTerm extends Stretch {
  readonly kind: 'field';
  readonly isNegated: boolean;
  /** The field as the server spells it. */
  readonly field: string;
  readonly isExactOnly: boolean;
  /** What stands between the stars of the value. */
  readonly parts: readonly string[];
  readonly path: Stretch;
  readonly value: Stretch;
  /** All its quotes are closed. */
  readonly isClosed: boolean;
}

/** `field:value` of a field that is kept but cannot be searched. The server refuses it. */
export interface RefusedTerm extends Stretch {
  readonly kind: 'refused';
  readonly path: Stretch;
  readonly mistake: FieldMistake;
}

/** A text in quotes. */
export interface PhraseTerm extends Stretch {
  readonly kind: 'phrase';
  readonly parts: readonly string[];
  readonly isClosed: boolean;
}

/** Words without quotes. */
export interface TextTerm extends Stretch {
  readonly kind: 'text';
  /** Where it looks like `field:value`, but is none: why. */
  readonly mistake?: FieldMistake;
  /** The part that looks like a field. */
  readonly path?: Stretch;
}

export type Term = FieldTerm | RefusedTerm | PhraseTerm | TextTerm;

/** White space as the server knows it: Unicode's, where JavaScript's `\s` has one more and one less. */
const SPACE = /[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]/;

/** Whether a character is white space. */
export function isSpace(char: string): boolean {
  return SPACE.test(char);
}

interface Quoted {
  readonly parts: readonly string[];
  readonly isClosed: boolean;
  /** Behind the closing quote, or the end of the text. */
  readonly end: number;
}

/** Reads a text in quotes, from behind the first. */
function readQuoted(text: string, start: number): Quoted {
  const parts: string[] = [];
  let part = '';
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === '"') return { parts: [...parts, part], isClosed: true, end: at + 1 };
    if (char === '*') {
      parts.push(part);
      part = '';
    } else if (char === '\\' && next !== '' && '"\\*'.includes(next)) {
      part += next;
      at += 1;
    } else {
      part += char;
    }
  }
  return { parts: [...parts, part], isClosed: false, end: at };
}

/** The path that a colon ends, and where that colon is. */
function readPath(text: string, start: number): { path: string; colon: number } | undefined {
  let path = '';
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === ':') return { path, colon: at };
    if (char === '\\') {
      at += 1;
      const escaped = text.charAt(at);
      if (escaped === '') return undefined;
      path += isSpace(escaped) || escaped === '"' ? escaped : `\\${escaped}`;
    } else if (isSpace(char) || char === '"') {
      return undefined;
    } else {
      path += char;
    }
  }
  return undefined;
}

/** The value that begins here; undefined if there is none, not even an empty one in quotes. */
function readValue(text: string, start: number): Quoted | undefined {
  const parts: string[] = [];
  let part = '';
  let isClosed = true;
  let at = start;
  while (at < text.length && !isSpace(text.charAt(at))) {
    const char = text.charAt(at);
    at += 1;
    if (char === '"') {
      const quoted = readQuoted(text, at);
      const [first = '', ...others] = quoted.parts;
      part += first;
      for (const other of others) {
        parts.push(part);
        part = other;
      }
      isClosed = quoted.isClosed;
      at = quoted.end;
    } else if (char === '*') {
      parts.push(part);
      part = '';
    } else {
      part += char;
    }
  }
  return at === start ? undefined : { parts: [...parts, part], isClosed, end: at };
}

function textTerm(text: string, from: number, extra: Omit<TextTerm, 'kind' | 'from' | 'to'> = {}): TextTerm {
  let to = from;
  while (to < text.length && !isSpace(text.charAt(to)) && text.charAt(to) !== '"') to += 1;
  return { kind: 'text', from, to, ...extra };
}

/** The term that looks like `field:value`; undefined if it does not. */
function readFieldTerm(text: string, from: number): Term | undefined {
  const isNegated = text.charAt(from) === '-';
  const start = isNegated ? from + 1 : from;
  const found = readPath(text, start);
  if (found === undefined) return undefined;
  const path = { from: start, to: found.colon };
  const read = readField(found.path);
  const value = readValue(text, found.colon + 1);
  if (!read.ok && read.mistake.code === 'not_indexed') {
    return { kind: 'refused', from, to: value?.end ?? found.colon + 1, path, mistake: read.mistake };
  }
  if (!read.ok) return textTerm(text, from, { mistake: read.mistake, path });
  if (value === undefined) return textTerm(text, from);
  return {
    kind: 'field',
    from,
    to: value.end,
    isNegated,
    field: read.field.name,
    isExactOnly: read.field.isExactOnly,
    parts: value.parts,
    path,
    value: { from: found.colon + 1, to: value.end },
    isClosed: value.isClosed,
  };
}

function readTerm(text: string, from: number): Term {
  const fieldTerm = readFieldTerm(text, from);
  if (fieldTerm !== undefined) return fieldTerm;
  if (text.charAt(from) !== '"') return textTerm(text, from);
  const { parts, isClosed, end } = readQuoted(text, from + 1);
  return { kind: 'phrase', from, to: end, parts, isClosed };
}

/** The terms of a search, in order. */
export function readTerms(text: string): Term[] {
  const terms: Term[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpace(text.charAt(at))) {
      at += 1;
      continue;
    }
    const term = readTerm(text, at);
    terms.push(term);
    at = Math.max(term.to, at + 1);
  }
  return terms;
}
