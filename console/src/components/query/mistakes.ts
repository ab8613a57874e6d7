/** Which mistakes of a search are said, and what the server said of it. */
import { isProblem } from '../../api/problem';
import { readTerms } from '../../lib/query/grammar';
import type { Mistake } from '../../lib/query/search';

/** How the server begins what it says of a search. */
const OF_THE_SEARCH = 'q: ';

/**
 * The mistakes without the hints about what is just being typed: whoever types `result:` knows that the value
 * is missing.
 */
export function shownMistakes(mistakes: readonly Mistake[], typedAt: number | undefined): readonly Mistake[] {
  if (typedAt === undefined) return mistakes;
  return mistakes.filter(({ severity, from, to }) => severity === 'error' || typedAt < from || typedAt > to);
}

/** What the server refused of a search, unless the same is said already. */
export function serverMistake(error: unknown, text: string, known: readonly Mistake[]): readonly Mistake[] {
  if (!isProblem(error) || error.status !== 400 || !error.detail.startsWith(OF_THE_SEARCH)) return [];
  if (known.some(({ severity }) => severity === 'error')) return [];
  const said = error.detail.slice(OF_THE_SEARCH.length);
  const message = `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.?!]$/.test(said) ? '' : '.'}`;
  const at = readTerms(text).find((term) => term.kind === 'field' || term.kind === 'refused')?.path;
  const { suggestion } = error;
  const stretch = at ?? { from: 0, to: 0 };
  const isPlaced = suggestion !== undefined && at !== undefined;
  return [
    {
      severity: 'error',
      code: 'unknown_field',
      message,
      from: stretch.from,
      to: stretch.to,
      ...(isPlaced && { suggestion }),
    },
  ];
}

/** The text with a suggestion in the place of the mistake, and the place behind it. */
export function corrected(text: string, mistake: Mistake): { text: string; caret: number } {
  const written = mistake.suggestion ?? '';
  return {
    text: text.slice(0, mistake.from) + written + text.slice(mistake.to),
    caret: mistake.from + written.length,
  };
}
