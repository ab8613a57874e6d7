/**
 * JSON as lines of tokens, to be shown with colours and folded: what a viewer of bodies draws.
 *
 * It must hold that all token texts are safe as text nodes: marks of direction, characters without
 * width and controls are tokens of their own that everybody sees. And that nothing is left out without
 * a token that says so. Time and memory are linear in the value; lines, levels and strings are bounded.
 */
import { visibleRuns } from '../text/visible';
import { itemsOf, kindOf, membersOf, pointerTo } from './value';

/** Most lines of a document. */
export const MAX_LINES = 20_000;
/** Most levels that are shown; events have 64. */
export const MAX_LEVELS = 100;
/** Most UTF-16 code units of a string that are shown unless the whole of it is asked for. */
export const MAX_STRING_UNITS = 1000;
/** The same for a string that was asked for. */
export const MAX_WHOLE_STRING_UNITS = 200_000;
/** The same for a member's name. */
export const MAX_NAME_UNITS = 200;

export type TokenKind = 'punctuation' | 'name' | 'string' | 'number' | 'boolean' | 'null' | 'mark' | 'cut';

/** A piece of a line. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Of a mark: what it is, in words. */
  readonly title?: string;
}

/** What a line that opens an object or an array folds away. */
export interface Fold {
  /** The line with the closing bracket. */
  readonly end: number;
  /** How many members or items there are. */
  readonly count: number;
  /** What stands in their place: `3 members`, `1 item`. */
  readonly summary: string;
  /** What a folded line ends with: the closing bracket, and the comma behind it if there is one. */
  readonly closing: string;
}

/** One line: `depth` levels of indentation, and its tokens. */
export interface JsonLine {
  readonly depth: number;
  readonly tokens: readonly Token[];
  /** RFC 6901: the value that the line shows, opens or closes. */
  readonly pointer: string;
  /** Only of a line that opens what has members or items. */
  readonly fold?: Fold;
  /** How many UTF-16 code units of the line's string are left out. */
  readonly cutUnits?: number;
}

export interface JsonLines {
  readonly lines: readonly JsonLine[];
  /** How many lines there are beyond `MAX_LINES`. The last line says so too. */
  readonly leftOut: number;
}

/** What may be asked for. */
export interface LineOptions {
  /** Pointers of strings that are shown whole, as far as `MAX_WHOLE_STRING_UNITS` goes. */
  readonly whole?: ReadonlySet<string>;
}

interface Line {
  depth: number;
  tokens: Token[];
  pointer: string;
  fold?: Fold;
  cutUnits?: number;
}

/** The lines of a value as `JSON.parse` gives it. */
export function jsonLines(value: unknown, { whole = new Set() }: LineOptions = {}): JsonLines {
  const writer = new Writer(whole);
  writer.value(value, 0, '', [], '');
  return writer.finished();
}

/** The places of the lines that are shown while those in `folded` (places of opening lines) are folded. */
export function shownLines({ lines }: JsonLines, folded: ReadonlySet<number>): number[] {
  const shown: number[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    shown.push(at);
    const fold = folded.has(at) ? lines[at]?.fold : undefined;
    if (fold !== undefined) at = fold.end;
  }
  return shown;
}

/** All places of lines that fold, from `depth` levels on: what to fold in a long document at first. */
export function foldsFrom({ lines }: JsonLines, depth: number): Set<number> {
  const folds = new Set<number>();
  lines.forEach((line, at) => {
    if (line.fold !== undefined && line.depth >= depth) folds.add(at);
  });
  return folds;
}

const INDENT = '  ';

/** A line as text, indented. */
export function lineText(line: JsonLine): string {
  return INDENT.repeat(line.depth) + line.tokens.map((token) => token.text).join('');
}

const punctuation = (text: string): Token => ({ kind: 'punctuation', text });

class Writer {
  private readonly lines: Line[] = [];
  private leftOut = 0;

  constructor(private readonly whole: ReadonlySet<string>) {}

  finished(): JsonLines {
    if (this.leftOut === 0) return { lines: this.lines, leftOut: 0 };
    const last: Line = {
      depth: 0,
      tokens: [{ kind: 'cut', text: `… ${this.leftOut} more lines` }],
      pointer: '',
    };
    return { lines: [...this.lines, last], leftOut: this.leftOut };
  }

  /** Writes a value at `depth`, behind the tokens of its name and before `end`, a comma or nothing. */
  value(value: unknown, depth: number, pointer: string, before: readonly Token[], end: string): void {
    const kind = kindOf(value);
    if (kind === 'object' || kind === 'array') {
      this.container(value, kind, depth, pointer, before, end);
      return;
    }
    const [tokens, cutUnits] = scalarTokens(value, this.whole.has(pointer));
    const line: Line = { depth, tokens: [...before, ...tokens, ...endTokens(end)], pointer };
    if (cutUnits > 0) line.cutUnits = cutUnits;
    this.add(line);
  }

  private container(
    value: unknown,
    kind: 'object' | 'array',
    depth: number,
    pointer: string,
    before: readonly Token[],
    end: string,
  ): void {
    const [open, close] = kind === 'object' ? ['{', '}'] : ['[', ']'];
    const count = kind === 'object' ? Object.keys(value as object).length : itemsOf(value).length;
    if (count === 0) {
      this.add({ depth, tokens: [...before, punctuation(`${open}${close}${end}`)], pointer });
      return;
    }
    const summary = summaryOf(kind, count);
    if (depth >= MAX_LEVELS) {
      const cut: Token = { kind: 'cut', text: `… ${summary}` };
      this.add({
        depth,
        tokens: [...before, punctuation(open), cut, punctuation(`${close}${end}`)],
        pointer,
      });
      return;
    }
    const opening: Line = { depth, tokens: [...before, punctuation(open)], pointer };
    const isShown = this.add(opening);
    this.children(value, kind, depth + 1, pointer, count);
    this.add({ depth, tokens: [punctuation(`${close}${end}`)], pointer });
    // A line that was left out folds nothing; what is cut off at the end folds up to there.
    if (isShown) opening.fold = { end: this.lines.length - 1, count, summary, closing: `${close}${end}` };
  }

  private children(
    value: unknown,
    kind: 'object' | 'array',
    depth: number,
    pointer: string,
    count: number,
  ): void {
    const end = (at: number) => (at + 1 < count ? ',' : '');
    if (kind === 'array') {
      itemsOf(value).forEach((item, at) => this.value(item, depth, pointerTo(pointer, at), [], end(at)));
      return;
    }
    membersOf(value).forEach(([name, member], at) => {
      const [tokens] = textTokens(name, 'name', MAX_NAME_UNITS);
      this.value(member, depth, pointerTo(pointer, name), [...tokens, punctuation(': ')], end(at));
    });
  }

  private add(line: Line): boolean {
    if (this.lines.length < MAX_LINES) {
      this.lines.push(line);
      return true;
    }
    this.leftOut += 1;
    return false;
  }
}

function summaryOf(kind: 'object' | 'array', count: number): string {
  const noun = kind === 'object' ? 'member' : 'item';
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const endTokens = (end: string): Token[] => (end === '' ? [] : [punctuation(end)]);

function scalarTokens(value: unknown, isWhole: boolean): [tokens: Token[], cutUnits: number] {
  switch (typeof value) {
    case 'string':
      return textTokens(value, 'string', isWhole ? MAX_WHOLE_STRING_UNITS : MAX_STRING_UNITS);
    case 'number':
      return [[{ kind: 'number', text: String(value) }], 0];
    case 'boolean':
      return [[{ kind: 'boolean', text: String(value) }], 0];
    default:
      return [[{ kind: 'null', text: 'null' }], 0];
  }
}

/** A string in quotes, escaped as JSON, with what is hidden made visible, and cut. */
function textTokens(
  text: string,
  kind: 'name' | 'string',
  maxUnits: number,
): [tokens: Token[], cutUnits: number] {
  const kept = text.length > maxUnits ? cutAt(text, maxUnits) : text;
  const cutUnits = text.length - kept.length;
  const escaped = JSON.stringify(kept);
  const tokens = visibleRuns(cutUnits > 0 ? escaped.slice(0, -1) : escaped).map((run): Token =>
    run.kind === 'plain'
      ? { kind, text: run.text }
      : { kind: 'mark', text: run.text, ...(run.name === undefined ? {} : { title: run.name }) },
  );
  if (cutUnits > 0) tokens.push({ kind: 'cut', text: `… ${cutUnits} more` }, { kind, text: '"' });
  return [tokens, cutUnits];
}

/** The beginning of a text that splits no surrogate pair. */
function cutAt(text: string, units: number): string {
  const isSplit = /[\ud800-\udbff]$/.test(text.slice(units - 1, units));
  return text.slice(0, isSplit ? units - 1 : units);
}
