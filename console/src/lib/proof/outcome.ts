/**
 * What a check answers: a value, or why there is none.
 *
 * Proofs come from whoever answers for the server, so wrong input is an everyday answer here and never
 * an exception. `reason` is one plain sentence that may be shown as it is: it repeats nothing of the
 * input that was not made safe by `quoted`.
 */
export type Outcome<T, Code extends string = string> = Fine<T> | Refused<Code>;

/** The value that was asked for. */
export interface Fine<T> {
  readonly ok: true;
  readonly value: T;
}

/** Why there is none: a code for programs, a sentence for people. */
export interface Refused<Code extends string = string> {
  readonly ok: false;
  readonly code: Code;
  readonly reason: string;
}

export function fine<T>(value: T): Fine<T> {
  return { ok: true, value };
}

export function refused<Code extends string>(code: Code, reason: string): Refused<Code> {
  return { ok: false, code, reason };
}

/** How much of a text from outside a reason repeats, in UTF-16 code units. */
const MAX_QUOTED_UNITS = 96;

/** All that could change how the words around it are read: controls, marks of direction, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text from outside, in quotes and short, with nothing in it that could disguise the sentence around it. */
export function quoted(text: string): string {
  const start = text.slice(0, MAX_QUOTED_UNITS).replace(UNSAFE, '\u{fffd}');
  return `“${start}${text.length > MAX_QUOTED_UNITS ? '…' : ''}”`;
}
