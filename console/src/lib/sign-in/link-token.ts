/**
 * The secret of a link, such as an invitation's: it stands behind the `#`, which browsers send to no server.
 * What is no token of a server's making is none.
 */

/** The longest token that the server reads, in characters. */
const MAX_TOKEN_CHARS = 128;

const TOKEN = /^[A-Za-z0-9_.-]+$/;

/** Begins the token of a link that ends the second factor, too. The server takes it for no other link. */
const ENDS_FACTOR = 'evident_fullreset_';

/** Whether choosing a password by this token ends the second factor as well. */
export function endsSecondFactor(token: string): boolean {
  return token.startsWith(ENDS_FACTOR);
}

/** The token in a page's fragment, with its `#` or without. */
export function tokenOf(fragment: string): string | undefined {
  const text = fragment.startsWith('#') ? fragment.slice(1) : fragment;
  return text.length <= MAX_TOKEN_CHARS && TOKEN.test(text) ? text : undefined;
}
