/**
 * The canonical bytes of a JSON value: RFC 8785. They are what a log commits to.
 *
 * Members are sorted by UTF-16 code units, there is no white space, strings are escaped only where JSON
 * demands it, and numbers are as ECMAScript writes a double. What has no such form that every language
 * reads alike is refused, as the server refuses it: lone surrogates, numbers that are integers beyond
 * ±(2^53 − 1), values deeper or longer than any event.
 */
import { isWellFormed, toUtf8 } from './bytes';
import { fine, refused, type Outcome, type Refused } from './outcome';

/** Levels of nesting that an event may have; a bare `[]` is one level. */
export const MAX_DEPTH = 64;
/** Most canonical bytes of an event. */
export const MAX_CANONICAL_BYTES = 1024 * 1024;
/** From here on RFC 8785 writes numbers with an exponent, which reads as a double again. */
const FIRST_EXPONENT_FORM = 1e21;

/** Why a value has no canonical bytes. */
export type CanonicalCode = 'too_deep' | 'too_long' | 'lone_surrogate' | 'number' | 'not_json';

const TOO_LONG = refused(
  'too_long',
  `It is longer than the ${MAX_CANONICAL_BYTES} bytes that an event may have.`,
);
const TOO_DEEP = refused('too_deep', `It nests deeper than the ${MAX_DEPTH} levels that an event may have.`);
const LONE = refused('lone_surrogate', 'It has text with half of a character, which no event has.');
const NUMBER = refused('number', 'It has a number that no event may have.');
const NOT_JSON = refused('not_json', 'It is not JSON.');

/** The canonical bytes of a JSON value as `JSON.parse` gives it. */
export function canonicalBytes(value: unknown): Outcome<Uint8Array<ArrayBuffer>, CanonicalCode> {
  const text = new Text();
  const refusal = writeValue(value, 1, text);
  if (refusal !== undefined) return refusal;
  const bytes = toUtf8(text.parts.join(''));
  return bytes.length > MAX_CANONICAL_BYTES ? TOO_LONG : fine(bytes);
}

/** The text so far, and its length in UTF-16 code units, of which UTF-8 has no fewer bytes. */
class Text {
  readonly parts: string[] = [];
  private units = 0;

  add(part: string): Refused<CanonicalCode> | undefined {
    this.parts.push(part);
    this.units += part.length;
    return this.units > MAX_CANONICAL_BYTES ? TOO_LONG : undefined;
  }
}

/** Writes a value; an array or object would be at `level`. Gives back why it has no canonical form. */
function writeValue(value: unknown, level: number, text: Text): Refused<CanonicalCode> | undefined {
  switch (typeof value) {
    case 'string':
      return writeString(value, text);
    case 'number':
      return isFaithful(value) ? text.add(canonicalNumber(value)) : NUMBER;
    case 'boolean':
      return text.add(String(value));
    case 'object':
      if (value === null) return text.add('null');
      if (level > MAX_DEPTH) return TOO_DEEP;
      return Array.isArray(value) ? writeArray(value, level, text) : writeObject(value, level, text);
    default:
      return NOT_JSON;
  }
}

function writeArray(
  items: readonly unknown[],
  level: number,
  text: Text,
): Refused<CanonicalCode> | undefined {
  let refusal = text.add('[');
  for (let at = 0; at < items.length && refusal === undefined; at += 1) {
    refusal = (at > 0 ? text.add(',') : undefined) ?? writeValue(items[at], level + 1, text);
  }
  return refusal ?? text.add(']');
}

function writeObject(object: object, level: number, text: Text): Refused<CanonicalCode> | undefined {
  // JavaScript's own order of strings is that of UTF-16 code units.
  const names = Object.keys(object).sort();
  const values = new Map<string, unknown>(Object.entries(object));
  let refusal = text.add('{');
  for (let at = 0; at < names.length && refusal === undefined; at += 1) {
    const name = names[at] ?? '';
    refusal =
      (at > 0 ? text.add(',') : undefined) ??
      writeString(name, text) ??
      text.add(':') ??
      writeValue(values.get(name), level + 1, text);
  }
  return refusal ?? text.add('}');
}

function writeString(value: string, text: Text): Refused<CanonicalCode> | undefined {
  if (value.length > MAX_CANONICAL_BYTES) return TOO_LONG;
  // What ECMAScript escapes of a well-formed string is just what RFC 8785 asks for.
  return isWellFormed(value) ? text.add(JSON.stringify(value)) : LONE;
}

/** Whether a number is one that events may have: a double that no reader takes for another integer. */
function isFaithful(value: number): boolean {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) return false;
  return magnitude <= Number.MAX_SAFE_INTEGER || magnitude >= FIRST_EXPONENT_FORM;
}

/** A finite double as ECMAScript writes it; −0 is 0. */
export function canonicalNumber(value: number): string {
  return String(value);
}
