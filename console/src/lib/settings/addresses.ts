/**
 * E-mail addresses as people paste them: one a line, with commas or semicolons, or as a mail program writes them
 * (`Ada Obi <ada@example.com>`).
 *
 * It must hold that every piece of what was pasted is either an address or named as one that is none: nothing is
 * left out in silence.
 */

/** The most addresses that are taken at once. */
export const MAX_ADDRESSES = 100;
/** The longest address that the server takes, in characters. */
const MAX_ADDRESS_CHARS = 254;
/** As the server has it: something, an @, something, and no white space. */
const ADDRESS = /^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$/u;
/** What a mail program writes around an address: a name, and the address in angle brackets. */
const WITH_NAME = /(?<![^\s,;>])(?:"[^"\n]*"|[^<>,;\n"@]*)\s*<([^<>\n]*)>/g;

export interface Addresses {
  /** In the order in which they came, each once. Capitals do not count. */
  valid: readonly string[];
  /** What is no address. */
  refused: readonly string[];
}

export function readAddresses(text: string): Addresses {
  // Names may hold commas and spaces, so they go before the text is split.
  const plain = text.replace(WITH_NAME, ' $1 ');
  const valid = new Map<string, string>();
  const refused = new Set<string>();
  for (const piece of plain.split(/[\s,;]+/)) {
    if (piece === '') continue;
    if (piece.length <= MAX_ADDRESS_CHARS && ADDRESS.test(piece)) {
      const same = piece.toLowerCase();
      if (!valid.has(same)) valid.set(same, piece);
    } else {
      refused.add(piece);
    }
  }
  return { valid: [...valid.values()], refused: [...refused] };
}

/** What has to be put right before the addresses can be used; undefined if nothing has. */
export function wrongWith({ valid, refused }: Addresses): string | undefined {
  const [first, ...more] = refused;
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` and ${more.length} more`;
    return `“${first}”${others} is no e-mail address`;
  }
  if (valid.length === 0) return 'Write an e-mail address';
  if (valid.length > MAX_ADDRESSES) {
    return `Invite ${MAX_ADDRESSES} at once at most: these are ${valid.length}`;
  }
  return undefined;
}
