/**
 * Hostile text made visible. Events hold what their senders chose: characters that turn the direction
 * of text, that have no width, or that control a terminal can make a line read as another one. Here
 * they become marks that everybody sees.
 *
 * It must hold that nothing is lost: each run knows the text that it stands for. All is text for text
 * nodes; nothing here is markup.
 */

/** A piece of a text as it is shown. */
export interface TextRun {
  /** What to show. */
  readonly text: string;
  readonly kind: 'plain' | 'mark';
  /** What stands in the text. */
  readonly source: string;
  /** Of a mark: what it is, in words. */
  readonly name?: string;
}

/** Most runs that one text becomes; what follows is counted and left out. */
export const MAX_RUNS = 2000;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'null'],
  [0x07, 'bell'],
  [0x08, 'backspace'],
  [0x09, 'tab'],
  [0x0a, 'line feed'],
  [0x0d, 'carriage return'],
  [0x1b, 'escape'],
  [0x7f, 'delete'],
  [0xad, 'soft hyphen'],
  [0x061c, 'Arabic letter mark'],
  [0x200b, 'zero-width space'],
  [0x200c, 'zero-width non-joiner'],
  [0x200d, 'zero-width joiner'],
  [0x200e, 'left-to-right mark'],
  [0x200f, 'right-to-left mark'],
  [0x2028, 'line separator'],
  [0x2029, 'paragraph separator'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'end of embedding'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x2060, 'word joiner'],
  [0x2066, 'left-to-right isolate'],
  [0x2067, 'right-to-left isolate'],
  [0x2068, 'first strong isolate'],
  [0x2069, 'end of isolate'],
  [0xfeff, 'zero-width no-break space'],
]);

/** Whole sentences of these scripts need joiners; elsewhere a joiner only hides. */
const JOINING =
  '\\p{sc=Arab}\\p{sc=Syrc}\\p{sc=Mong}\\p{sc=Deva}\\p{sc=Beng}\\p{sc=Guru}\\p{sc=Gujr}\\p{sc=Orya}\\p{sc=Taml}' +
  '\\p{sc=Telu}\\p{sc=Knda}\\p{sc=Mlym}\\p{sc=Sinh}\\p{sc=Khmr}\\p{sc=Mymr}';
const JOINS_LETTERS = `[\\u200C\\u200D](?<=[${JOINING}].)(?=[${JOINING}])`;
const JOINS_EMOJI = '\\u200D(?<=(?:\\p{ExtPict}|\\uFE0F|\\p{EMod}).)(?=\\p{ExtPict})';
/** Signs of Arabic and its neighbours that Unicode calls formats, though everybody sees them. */
const SEEN = '[\\u0600-\\u0605\\u06DD\\u070F\\u0890\\u0891\\u08E2]';
const HARMLESS = `${JOINS_LETTERS}|${JOINS_EMOJI}|${SEEN}`;
/** Controls, formats, halves of pairs, separators, fillers that look like nothing, and no characters. */
const SUSPECT =
  '[\\p{Cc}\\p{Cf}\\p{Cs}\\u2028\\u2029\\u115F\\u1160\\u3164\\uFFA0\\p{NChar}]|\\u034F|\\u17B4|\\u17B5';
/** The same suspect again and again is one mark. */
const FINDER = new RegExp(`(${HARMLESS})|(${SUSPECT})\\2*`, 'gu');

const LINE_BREAK = '\n';
const TAB = '\t';

function markOf(source: string): TextRun {
  const code = source.codePointAt(0) ?? 0;
  const count = Array.from(source).length;
  const times = count > 1 ? ` ×${count}` : '';
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  const name = NAMES.get(code) ?? (/^\p{Cs}/u.test(source) ? 'half of a character' : 'invisible character');
  return { text: `‹U+${hex}${times}›`, kind: 'mark', source, name: `${name}${times}` };
}

function cutOff(source: string): TextRun {
  return { text: `… ${source.length} more`, kind: 'mark', source, name: 'left out' };
}

/** A text in runs. In a text of several lines, line breaks and tabs are plain. */
export function visibleRuns(text: string, isMultiline = false): TextRun[] {
  const runs: TextRun[] = [];
  let plainFrom = 0;
  const plainUpTo = (end: number) => {
    if (end > plainFrom) {
      const plain = text.slice(plainFrom, end);
      runs.push({ text: plain, kind: 'plain', source: plain });
    }
  };
  for (const match of text.matchAll(FINDER)) {
    const [source, harmless] = match;
    const isLayout = isMultiline && (source.startsWith(LINE_BREAK) || source.startsWith(TAB));
    if (harmless !== undefined || isLayout) continue;
    if (runs.length >= MAX_RUNS) return [...runs, cutOff(text.slice(plainFrom))];
    plainUpTo(match.index);
    runs.push(markOf(source));
    plainFrom = match.index + source.length;
  }
  plainUpTo(text.length);
  return runs;
}

/** The same as one text, for titles and for screen readers. */
export function visibleText(text: string, isMultiline = false): string {
  return visibleRuns(text, isMultiline)
    .map((run) => run.text)
    .join('');
}
