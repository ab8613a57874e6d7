/**
 * The secret of a link, such as an invitation's: it stands behind the `#`, which browsers send to no server.
 * What is no token of a server's making is none.
 */

/** The longest token that the server reads, in characters. */
const MAX_TOKEN_CHARS = 128;

const TOKEN = /^[A-Za-z0-9_.-]+$/;

/** The token in a page's fragment, with its `#` or without. */
export function tokenOf(fragment: string): string | undefined {
  const text = fragment.startsWith('#') ? fragment.slice(1) : fragment;
  return text.length <= MAX_TOKEN_CHARS && TOKEN.test(text) ? text : undefined;
}
