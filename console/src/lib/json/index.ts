/**
 * JSON to be looked at: the interface of this folder.
 *
 * - `diffJson` and `diffWords` – what changed between two values, and within a text;
 * - `jsonLines` – a value as lines of tokens that fold.
 *
 * All texts are for text nodes. None of it throws on what `JSON.parse` gives.
 */
export { diffJson, pathText, type Diff, type DiffKind, type DiffRow } from './diff';
export { diffWords, type WordPart } from './words';
export {
  foldsFrom,
  jsonLines,
  lineText,
  shownLines,
  type Fold,
  type JsonLine,
  type JsonLines,
  type LineOptions,
  type Token,
  type TokenKind,
} from './lines';
export { kindOf, type JsonKind } from './value';
