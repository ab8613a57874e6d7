/**
 * Bytes and their texts, strictly: every encoding here has one text for its bytes, and every other
 * text is refused, so that no changed character of a proof can mean the same as before.
 */
import { fine, refused, type Outcome } from './outcome';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

/** A SHA-256 hash: of a leaf, of an inner node, or the root of a tree. Always `HASH_BYTES` long. */
export type Hash = Uint8Array;

/** Reads the standard base64 of RFC 4648, section 4, with padding and zero trailing bits; nothing else. */
export function fromBase64(text: string): Uint8Array | undefined {
  const binary = decoded(text);
  // `atob` also takes white space, missing padding and any trailing bits: all that is not the one text.
  if (binary === undefined || btoa(binary) !== text) return undefined;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function decoded(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** How many bytes become characters at once: engines bound the arguments of a call. */
const CHUNK_BYTES = 8192;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(binary);
}

/** The base64 of exactly so many bytes. */
export function fromBase64Of(length: number, text: string): Uint8Array | undefined {
  const digits = Math.ceil(length / 3) * 4;
  return text.length === digits ? checkedLength(length, fromBase64(text)) : undefined;
}

function checkedLength(length: number, bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes?.length === length ? bytes : undefined;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text has a UTF-8 form. One with half of a surrogate pair has none. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** A text as UTF-8. Half of a surrogate pair would silently become U+FFFD: ask `isWellFormed` before. */
export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  return joined(new TextEncoder().encode(text));
}

/** Reads a text from outside, given as text or as bytes, of at most `maxBytes` bytes of UTF-8. */
export function boundedText(
  text: string | Uint8Array,
  maxBytes: number,
): Outcome<string, 'too_long' | 'not_utf8'> {
  const tooLong = refused('too_long', `It is longer than ${maxBytes} bytes.`);
  // UTF-8 has at least one byte for a code unit, and never more than three.
  if (text.length > maxBytes) return tooLong;
  if (typeof text !== 'string') return fromUtf8(text);
  if (text.length * 3 > maxBytes && toUtf8(text).length > maxBytes) return tooLong;
  return isWellFormed(text) ? fine(text) : NOT_UTF8;
}

const NOT_UTF8 = refused('not_utf8', 'It is not UTF-8.');

function fromUtf8(bytes: Uint8Array): Outcome<string, 'not_utf8'> {
  try {
    // A byte order mark is not skipped: it would be a byte that can be added unseen.
    return fine(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return NOT_UTF8;
  }
}

/** The digits of 2^64 − 1. */
const MAX_U64_DIGITS = 20;
const MAX_U64 = (1n << 64n) - 1n;
const DECIMAL = /^(?:0|[1-9][0-9]*)$/;

/** A decimal number below 2^64 in its one text. */
export function parseU64(text: string): bigint | undefined {
  if (text.length > MAX_U64_DIGITS || !DECIMAL.test(text)) return undefined;
  const number = BigInt(text);
  return number <= MAX_U64 ? number : undefined;
}
