/** A JSON value as lines with colours, as far as somebody reads it; the copied one is always whole. */
import { jsonLines } from '../lib/json';
import { plural } from '../lib/text/numbers';
import { visibleText } from '../lib/text/visible';
import { make } from './dom';

/** Lines that are shown. */
export const MAX_LINES = 500;
const INDENT = '  ';

export function jsonBlock(value: unknown, what: string): HTMLElement {
  const { lines } = jsonLines(value);
  const code = make('code');
  for (const { depth, tokens } of lines.slice(0, MAX_LINES)) {
    code.append(INDENT.repeat(depth));
    for (const { kind, text, title } of tokens) {
      code.append(kind === 'punctuation' ? text : make('span', { class: `json-${kind}`, title }, text));
    }
    code.append('\n');
  }
  const left = lines.length - MAX_LINES;
  if (left > 0)
    code.append(make('span', { class: 'json-cut' }, `… ${plural(left, 'more line')}: copy it to see all`));
  // It scrolls, so a keyboard has to reach it.
  return make('pre', { class: 'json', tabindex: 0, role: 'group', 'aria-label': visibleText(what) }, code);
}
