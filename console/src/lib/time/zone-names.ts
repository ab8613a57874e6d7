/**
 * Which texts are time zones. Browsers take more than the API does (offsets, for one), and what a
 * browser does not know it cannot show, so a zone is what both know.
 */

/** The longest name that the API looks up, in characters. */
const MAX_NAME_CHARS = 64;
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;
/** Most names whose answer is remembered; there are some 600 zones. */
const MAX_REMEMBERED = 1024;

const remembered = new Map<string, boolean>();

function isKnownToBrowser(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Whether a text is the IANA name of a time zone. */
export function isZone(name: string): boolean {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  if (name.length > MAX_NAME_CHARS || !NAME.test(name)) return false;
  const answer = isKnownToBrowser(name);
  if (remembered.size < MAX_REMEMBERED) remembered.set(name, answer);
  return answer;
}
