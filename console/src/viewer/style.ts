/** The viewer's look, as one sheet that all elements of a page share. Such sheets need no `style-src`. */
import tokens from '../ui/tokens.css?inline';
import frame from './viewer.css?inline';
import detail from './viewer-detail.css?inline';
import list from './viewer-list.css?inline';

let sheet: CSSStyleSheet | undefined;

export function styleSheet(): CSSStyleSheet {
  if (sheet !== undefined) return sheet;
  sheet = new CSSStyleSheet();
  // The console's tokens, where there is no root of a page of one's own.
  const own = tokens.replaceAll(':root', '.tokens');
  // In this order: what is said later counts.
  sheet.replaceSync([own, frame, list, detail].join('\n'));
  return sheet;
}
