/**
 * What is being typed at the caret of the search bar, and the text once a proposal was taken.
 *
 * It must hold that a value that was taken is the value that the server then looks for, whatever
 * characters it has, and that what stands before and behind is left as it was.
 */
import { readField } from './fields';
import { isSpace, readTerms, type Stretch, type Term } from './grammar';
import { type KnownField, KNOWN_FIELDS } from './known-fields';

/** What can be proposed at the caret. It replaces the stretch. */
export interface Completing extends Stretch {
  /** `field`: names of fields. `value`: values of `field`. `text`: names of fields, if anything. */
  readonly kind: 'field' | 'value' | 'text';
  /** The field whose values are proposed. */
  readonly field?: string;
  /** What was typed of it, without its quotes. */
  readonly prefix: string;
  readonly isNegated: boolean;
}

const NEEDS_QUOTES = /["*]/;
const ESCAPED_IN_QUOTES = /["\\*]/g;
/** What the beginning of a field's name looks like. */
const NAME_BEGINNING = /^[\p{Alphabetic}_][^\s":]*$/u;

/** A value as it is written in a search. */
export function writeValue(value: string): string {
  const isPlain = value !== '' && !NEEDS_QUOTES.test(value) && !Array.from(value).some(isSpace);
  return isPlain ? value : `"${value.replace(ESCAPED_IN_QUOTES, '\\$&')}"`;
}

/** A field as it is written in a search: a space or a quote in a key is escaped. */
export function writeFieldName(name: string): string {
  return Array.from(name, (char) => (isSpace(char) || char === '"' ? `\\${char}` : char)).join('');
}

/** `field:value` or `-field:value`. */
export function writeFieldTerm(field: string, value: string, isNegated = false): string {
  return `${isNegated ? '-' : ''}${writeFieldName(field)}:${writeValue(value)}`;
}

/** What was typed of a value up to the caret, without its quotes. */
function typedValue(text: string, from: number, caret: number): string {
  const [term] = readTerms(`action:${text.slice(from, caret)}`);
  return term?.kind === 'field' ? term.parts.join('*') : '';
}

function completingText(term: Term, text: string, caret: number): Completing {
  const isNegated = text.charAt(term.from) === '-';
  const from = isNegated ? term.from + 1 : term.from;
  const typed = text.slice(from, Math.max(from, caret));
  const colon = text.indexOf(':', from);
  const hasColon = colon >= 0 && colon < term.to;
  // A field without a value is text to the server; to who types it, a value is due.
  if (hasColon && caret === colon + 1 && term.to === caret) {
    const read = readField(text.slice(from, colon));
    if (read.ok) {
      return { kind: 'value', field: read.field.name, prefix: '', from: caret, to: caret, isNegated };
    }
  }
  const isName = NAME_BEGINNING.test(typed) && (!hasColon || caret <= colon);
  return { kind: isName ? 'field' : 'text', prefix: typed, from, to: hasColon ? colon : term.to, isNegated };
}

/** What is being typed at a place of a search. */
export function completingAt(text: string, caret: number): Completing {
  const place = Math.min(Math.max(caret, 0), text.length);
  const touching = readTerms(text).filter((one) => one.from <= place && place <= one.to);
  const term = touching.find((one) => one.from < place) ?? touching[0];
  if (term === undefined) return { kind: 'text', prefix: '', from: place, to: place, isNegated: false };
  if (term.kind === 'phrase') {
    return { kind: 'text', prefix: text.slice(term.from, place), from: place, to: place, isNegated: false };
  }
  if (term.kind === 'text') return completingText(term, text, place);
  const isNegated = text.charAt(term.from) === '-';
  const { path } = term;
  if (place <= path.to) {
    const prefix = text.slice(path.from, Math.max(path.from, place));
    return { kind: 'field', prefix, from: path.from, to: path.to, isNegated };
  }
  if (term.kind === 'refused') return { kind: 'text', prefix: '', from: place, to: place, isNegated };
  const { value } = term;
  return {
    kind: 'value',
    field: term.field,
    prefix: typedValue(text, value.from, place),
    from: value.from,
    // An open quote takes all that follows it for its own. Who types it does not mean that.
    to: term.isClosed ? value.to : place,
    isNegated,
  };
}

/** The text with what was chosen, and where the caret is then. */
export function applyCompletion(
  text: string,
  completing: Completing,
  chosen: string,
): { text: string; caret: number } {
  const before = text.slice(0, completing.from);
  const behind = text.slice(completing.to);
  if (completing.kind === 'value') {
    const written = `${writeValue(chosen)} `;
    const rest = isSpace(behind.charAt(0)) ? behind.slice(1) : behind;
    return { text: `${before}${written}${rest}`, caret: before.length + written.length };
  }
  const glue = before === '' || isSpace(before.slice(-1)) || before.endsWith('-') ? '' : ' ';
  const written = `${glue}${writeFieldName(chosen)}:`;
  const rest = behind.startsWith(':') ? behind.slice(1) : behind;
  return { text: `${before}${written}${rest}`, caret: before.length + written.length };
}

/** The known fields that a text may be the beginning of: by their name first, then by their label. */
export function matchingFields(prefix: string): readonly KnownField[] {
  const typed = prefix.toLowerCase();
  const rank = ({ name, label }: KnownField): number => {
    const lowerLabel = label.toLowerCase();
    if (name.startsWith(typed)) return 0;
    if (name.split('.').some((key) => key.startsWith(typed))) return 1;
    if (lowerLabel.startsWith(typed)) return 1;
    return lowerLabel.split(' ').some((word) => word.startsWith(typed)) ? 2 : Infinity;
  };
  const ranked = KNOWN_FIELDS.map((field) => ({ field, rank: rank(field) }));
  return ranked
    .filter((one) => one.rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map((one) => one.field);
}
