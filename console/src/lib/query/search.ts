/**
 * What a search asks for: the words to mark in its answer, and the mistakes in it.
 *
 * It must hold that only what the server refuses is an `error`. All else that is probably not what
 * was meant is a `hint`, and never keeps anybody from searching.
 */
import { byteLength } from './fields';
import { MAX_VALUE_BYTES } from './filters';
import { type FieldTerm, type PhraseTerm, readTerms, type Stretch, type TextTerm } from './grammar';
import { nearest } from './nearest';
import { EVENT_TYPES, LEVELS, MAX_Q_BYTES, RESULTS } from './state';
import { fold, wordsOf } from './words';

/** Most words of a search. */
export const MAX_Q_WORDS = 64;

export type MistakeCode =
  | 'not_indexed'
  | 'exact_only'
  | 'value_too_long'
  | 'too_many_words'
  | 'too_long'
  | 'unknown_field'
  | 'unknown_value'
  | 'missing_value'
  | 'open_quote'
  | 'idle_minus';

/** Something wrong in a search, where it is, and what would be right. */
export interface Mistake extends Stretch {
  readonly severity: 'error' | 'hint';
  readonly code: MistakeCode;
  readonly message: string;
  /** What to write in place of the stretch. */
  readonly suggestion?: string;
}

/** A word that is looked for, folded. */
export interface SearchWord {
  readonly text: string;
  /** Words that begin with it will do. */
  readonly isPrefix: boolean;
}

/** Words that are looked for next to each other; mostly one. */
export type SearchedRun = readonly SearchWord[];

/** Fields whose values are a closed list, compared exactly. */
const CLOSED: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['result', RESULTS],
  ['event_type', EVENT_TYPES],
  ['level', LEVELS],
  ['phase', ['attempt', 'outcome']],
]);

/** What looks like a field's name, unlike the `C` of a drive or the `10` of a time. */
const LIKE_A_FIELD = /^[A-Za-z_]{2,}(\.[^\s:"]+)*$/;

/** The words that a search looks for in the texts of events, to be marked there. */
export function searchedRuns(text: string): readonly SearchedRun[] {
  const runs: SearchWord[][] = [];
  let last: SearchWord[] | undefined;
  for (const term of readTerms(text)) {
    if (term.kind === 'phrase') {
      const words = term.parts.flatMap((part) => wordsOf(part));
      const run = words.map((word, at) => {
        return { text: fold(word.text), isPrefix: !term.isClosed && at === words.length - 1 };
      });
      if (run.length === 0) continue;
      runs.push(run);
      if (!term.isClosed) last = undefined;
    } else if (term.kind === 'text') {
      for (const word of wordsOf(text.slice(term.from, term.to))) {
        last = [{ text: fold(word.text), isPrefix: false }];
        runs.push(last);
      }
    }
  }
  // The last word outside of quotes may be the beginning of one, so that answers follow the typing.
  return runs.map((run) => (run === last ? run.map((word) => ({ ...word, isPrefix: true })) : run));
}

function fieldMistake(text: string, term: FieldTerm): Mistake | undefined {
  const { value } = term;
  const [only, ...others] = term.parts;
  if (others.length > 0) {
    if (!term.isExactOnly) return undefined;
    const message = `${term.field} takes whole values only: write it out, without *.`;
    return { severity: 'error', code: 'exact_only', message, ...value };
  }
  if (only !== undefined && byteLength(only) > MAX_VALUE_BYTES) {
    const message = `The value is too long: at most ${MAX_VALUE_BYTES} bytes.`;
    return { severity: 'error', code: 'value_too_long', message, ...value };
  }
  const known = CLOSED.get(term.field);
  if (known === undefined || only === undefined || known.includes(only)) {
    return term.isClosed ? undefined : openQuote(text, value);
  }
  const close = nearest(only, known);
  const message = `No event has the ${term.field} “${only}”: it is one of ${known.join(', ')}.`;
  const written = close?.includes(' ') === true ? `"${close}"` : close;
  return {
    severity: 'hint',
    code: 'unknown_value',
    message,
    ...value,
    ...(written !== undefined && { suggestion: written }),
  };
}

function openQuote(text: string, stretch: Stretch): Mistake {
  const from = text.indexOf('"', stretch.from);
  return {
    severity: 'hint',
    code: 'open_quote',
    message: 'This quote is not closed: it reaches to the end.',
    from,
    to: stretch.to,
    suggestion: `${text.slice(from, stretch.to)}"`,
  };
}

function textMistake(text: string, term: TextTerm): Mistake | undefined {
  const written = text.slice(term.from, term.to);
  if (term.mistake !== undefined && term.path !== undefined) {
    const name = text.slice(term.path.from, term.path.to);
    const isAddress = text.startsWith('//', term.path.to + 1);
    const isBare = term.path.to + 1 >= term.to;
    if (isAddress || isBare || !LIKE_A_FIELD.test(name)) return undefined;
    const { suggestion, message } = term.mistake;
    return {
      severity: 'hint',
      code: 'unknown_field',
      message: `${message} This is searched as text.`,
      ...term.path,
      ...(suggestion !== undefined && { suggestion }),
    };
  }
  if (/^-?[a-z_.]+:$/.test(written)) {
    const message = 'A value is missing behind the colon: this is searched as text.';
    return { severity: 'hint', code: 'missing_value', message, from: term.from, to: term.to };
  }
  if (/^-[\p{Alphabetic}\p{N}_]/u.test(written)) {
    const message = 'A minus leaves out fields only, as in -result:success: here it does nothing.';
    return {
      severity: 'hint',
      code: 'idle_minus',
      message,
      from: term.from,
      to: term.from + 1,
      suggestion: '',
    };
  }
  return undefined;
}

function phraseMistake(text: string, term: PhraseTerm): Mistake | undefined {
  return term.isClosed ? undefined : openQuote(text, term);
}

/** What is wrong with the text as a whole. */
function wholeMistakes(text: string): Mistake[] {
  const mistakes: Mistake[] = [];
  if (byteLength(text) > MAX_Q_BYTES) {
    const message = `The search is too long: at most ${MAX_Q_BYTES} bytes.`;
    mistakes.push({ severity: 'error', code: 'too_long', message, from: 0, to: text.length });
  }
  const tooMany = wordsOf(text)[MAX_Q_WORDS];
  if (tooMany !== undefined) {
    const message = `The search has too many words: at most ${MAX_Q_WORDS}.`;
    mistakes.push({
      severity: 'error',
      code: 'too_many_words',
      message,
      from: tooMany.from,
      to: text.length,
    });
  }
  return mistakes;
}

/** The mistakes in a search, in the order of their places. */
export function mistakesIn(text: string): Mistake[] {
  const mistakes = wholeMistakes(text);
  for (const term of readTerms(text)) {
    let mistake: Mistake | undefined;
    if (term.kind === 'field') mistake = fieldMistake(text, term);
    else if (term.kind === 'text') mistake = textMistake(text, term);
    else if (term.kind === 'phrase') mistake = phraseMistake(text, term);
    else {
      const { path } = term;
      mistake = { severity: 'error', code: 'not_indexed', message: term.mistake.message, ...path };
    }
    if (mistake !== undefined) mistakes.push(mistake);
  }
  return mistakes.sort((a, b) => a.from - b.from);
}

/** Whether the server would answer a search. */
export function isAnswerable(text: string): boolean {
  return mistakesIn(text).every((mistake) => mistake.severity !== 'error');
}
