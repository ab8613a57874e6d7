/**
 * The text behind a URL's `?`, and the parameters in it.
 *
 * It must hold that any text can be read, that every value stays the text that it is (`007` is no
 * number), and that what was written is read back equal. What people read in their address bar stays
 * readable: only what must be escaped is.
 */
import type { SearchOutput } from './state';

/** The longest text that is read, in characters. A server would not take a longer one. */
const MAX_SEARCH_CHARS = 64 * 1024;

/** Characters that a query may hold as they are. */
const READABLE: readonly (readonly [RegExp, string])[] = [
  [/%3A/g, ':'],
  [/%2C/g, ','],
  [/%40/g, '@'],
  [/%2F/g, '/'],
];

/** The parameters of a URL: a text each, or a list of them where a name comes more than once. */
export function readUrlSearch(search: string): SearchOutput {
  const params = new URLSearchParams(search.slice(0, MAX_SEARCH_CHARS));
  const values = new Map<string, string[]>();
  for (const [name, value] of params) {
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  const one = ([name, all]: [string, string[]]): [string, string | string[]] => {
    const [first = '', ...more] = all;
    return [name, more.length === 0 ? first : all];
  };
  return Object.fromEntries([...values].map(one));
}

/** The text of parameters, with its `?`; empty if there are none. */
export function writeUrlSearch(params: Readonly<Record<string, unknown>>): string {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') {
        written.append(name, String(one));
      }
    }
  }
  let text = written.toString();
  for (const [escaped, plain] of READABLE) text = text.replace(escaped, plain);
  return text === '' ? '' : `?${text}`;
}
