/**
 * A text that is typed here and lives in the address: what is typed is ahead of the address for a moment.
 *
 * It must hold that nothing typed is lost when the address catches up with something typed before, and that
 * an address that was changed elsewhere (Back, a chip that was removed) is shown.
 */

/** Most texts that are on their way to the address; older ones are taken for lost. */
const MAX_ON_THE_WAY = 16;

export interface Draft {
  readonly text: string;
  /** What the address was seen to have. */
  readonly known: string;
  /** What was sent to the address and has not been seen there yet, in order. */
  readonly onTheWay: readonly string[];
}

export function draftOf(known: string): Draft {
  return { text: known, known, onTheWay: [] };
}

export function typed(draft: Draft, text: string): Draft {
  return { ...draft, text };
}

/** `text` is what the address will have: several ways of typing may mean the same. */
export function sent(draft: Draft, text: string = draft.text): Draft {
  return { ...draft, onTheWay: [...draft.onTheWay, text].slice(-MAX_ON_THE_WAY) };
}

/** What the address will have once all that was sent has arrived. */
export function expected(draft: Draft): string {
  return draft.onTheWay.at(-1) ?? draft.known;
}

/** The address has another text. */
export function arrived(draft: Draft, known: string): Draft {
  if (known === draft.known) return draft;
  const at = draft.onTheWay.indexOf(known);
  if (at < 0) return draftOf(known);
  return { ...draft, known, onTheWay: draft.onTheWay.slice(at + 1) };
}
