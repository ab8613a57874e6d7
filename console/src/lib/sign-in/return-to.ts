/**
 * Where a page goes once somebody has signed in: a path of this site and nothing else. The address of the
 * sign-in page is made by anybody who writes a link, so it must hold that no browser takes what is accepted
 * for another host.
 */

/** The page for who was not going anywhere. */
const HOME = '/';
/** The longest path that is gone back to, in characters; the server's own bound. */
const MAX_CHARS = 2048;
/** Stands in for this site's address, so that a path can be resolved as a browser would do it. */
const SITE = 'https://site.invalid';
/** Coming back to the sign-in page would lead nowhere. */
const SIGN_IN = '/login';

/** Whether every character is a visible one of ASCII: browsers drop tabs and line breaks from addresses. */
const VISIBLE = /^[\x21-\x7e]+$/;

/** Whether a text is a path of this site. */
export function isOwnPath(text: string): boolean {
  if (text.length > MAX_CHARS || !VISIBLE.test(text)) return false;
  if (!text.startsWith('/') || text.startsWith('//') || text.includes('\\')) return false;
  // What the browser itself makes of it has the last word.
  return URL.canParse(text, SITE) && new URL(text, SITE).origin === SITE;
}

/** The path to go to: the one that was asked for if it may be, or else the first page. */
export function returnTo(asked: unknown): string {
  if (typeof asked !== 'string' || !isOwnPath(asked)) return HOME;
  return new URL(asked, SITE).pathname === SIGN_IN ? HOME : asked;
}
