/**
 * What is said of a new password while it is typed. The server judges it, with more knowledge than a page
 * can carry; this only says early what it would surely refuse.
 *
 * It must hold that nothing here promises that a password will be taken.
 */

/** The fewest characters that the server takes. */
export const MIN_PASSWORD_CHARS = 12;
/** The longest password that the server takes, in bytes. */
export const MAX_PASSWORD_BYTES = 1024;
/** The fewest characters that have to be left once all that is easily guessed counts as one character. */
const MIN_LEFT_CHARS = 7;
/** The shortest part of a name or an address that is looked for, in characters. */
const MIN_WORD_CHARS = 3;
/** How much of a password is judged, in characters: the time grows with it. */
const MAX_JUDGED_CHARS = 64;

/** What people try first, and what stands beside each other on a keyboard. */
const COMMON = [
  'administrator',
  'password',
  'passwort',
  'passw0rd',
  'p4ssword',
  'letmein',
  'welcome',
  'sunshine',
  'football',
  'princess',
  'iloveyou',
  'changeme',
  'monkey',
  'dragon',
  'secret',
  'master',
  'summer',
  'winter',
  'spring',
  'autumn',
  'evident',
  'admin',
  'login',
  'hello',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwerty',
  'qwertz',
  'qazwsx',
  'asdfgh',
  '1q2w3e4r',
  'abc123',
];
const YEAR = /(?:19|20)\d\d/g;
/** A character, or a few, again and again. */
const REPEATED = /(.{1,4}?)\1{2,}/gu;

export type PasswordHint = { kind: 'empty' | 'short' | 'long' | 'guessable' | 'fine'; text: string };

/** The words of what is known about a person: of the name, the address, the organization. */
function wordsOf(about: readonly string[]): string[] {
  return about
    .flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word.length >= MIN_WORD_CHARS);
}

/** Runs such as `abcd`, `4321`: each character one after, or one before, the last. */
function withoutRuns(text: string): string {
  const characters = Array.from(text);
  const step = (at: number) =>
    (characters[at]?.codePointAt(0) ?? 0) - (characters[at - 1]?.codePointAt(0) ?? 0);
  return characters
    .filter((_, at) => !(at >= 2 && Math.abs(step(at)) === 1 && step(at) === step(at - 1)))
    .join('');
}

/** What is left of a password once each thing that is easily guessed counts as one character. */
function left(password: string, about: readonly string[]): string {
  let text = Array.from(password.toLowerCase()).slice(0, MAX_JUDGED_CHARS).join('');
  const words = [...wordsOf(about), ...COMMON].sort((a, b) => b.length - a.length);
  for (const word of words) text = text.replaceAll(word, '\u0000');
  return withoutRuns(text.replace(YEAR, '\u0000').replace(REPEATED, '$1'));
}

/** What to say of a password, with what others know of the person. */
export function passwordHint(password: string, about: readonly string[] = []): PasswordHint {
  const normal = password.normalize('NFC');
  const length = Array.from(normal).length;
  if (length === 0) {
    return { kind: 'empty', text: `At least ${MIN_PASSWORD_CHARS} characters. Four random words are good.` };
  }
  if (new TextEncoder().encode(password).length > MAX_PASSWORD_BYTES) {
    return { kind: 'long', text: `Longer than ${MAX_PASSWORD_BYTES} bytes: choose a shorter one.` };
  }
  if (length < MIN_PASSWORD_CHARS) {
    const missing = MIN_PASSWORD_CHARS - length;
    return { kind: 'short', text: `${missing} more ${missing === 1 ? 'character' : 'characters'} needed.` };
  }
  if (Array.from(left(normal, about)).length < MIN_LEFT_CHARS) {
    return {
      kind: 'guessable',
      text: 'Easy to guess: it is made of names, common words, years, rows of keys or repetition.',
    };
  }
  return { kind: 'fine', text: 'Long enough. The server refuses it still if it is easy to guess.' };
}
