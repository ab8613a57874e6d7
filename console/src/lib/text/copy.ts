/**
 * What the copy buttons put on the clipboard: an event as JSON, a cell as it is, rows as a table.
 *
 * It must hold that a cell copied alone is exactly its text, and that no cell of a table is a formula
 * to the program that it is pasted into, whatever an event says.
 */

/** Stands between the values of a cell that has several. */
export const VALUE_SEPARATOR = '; ';
const JSON_INDENT = 2;
/** What a formula begins with, also in the full width that some programs take for the same. */
const BEGINS_FORMULA = /^[\s"']*[=+\-@＝＋－＠]|^[\t\r\n]/;
/** Where a program that is set to another separator may cut a cell in two. */
const CUTS_CELL = /[;\t\r\n]/;
const NEEDS_QUOTES_IN_CSV = /[",\r\n]/;
const NEEDS_QUOTES_IN_TSV = /["\t\r\n]/;

/** An event as its JSON. */
export function eventJson(event: unknown): string {
  return event === undefined ? '' : JSON.stringify(event, null, JSON_INDENT);
}

/** A value as a cell shows it: text as it is, several values in a row, all else as JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  const isList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (isList) return value.map(cellText).join(VALUE_SEPARATOR);
  return JSON.stringify(value);
}

/** A cell that no spreadsheet takes for a formula, nor any part of it. */
function withoutFormula(cell: string): string {
  const parts = cell.split(CUTS_CELL);
  return parts.some((part) => BEGINS_FORMULA.test(part)) || BEGINS_FORMULA.test(cell) ? `'${cell}` : cell;
}

function quoted(cell: string, needsQuotes: RegExp): string {
  const safe = withoutFormula(cell);
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as CSV (RFC 4180). */
export function csvRows(rows: readonly (readonly unknown[])[]): string {
  return rows
    .map((row) => row.map((cell) => quoted(cellText(cell), NEEDS_QUOTES_IN_CSV)).join(','))
    .join('\r\n');
}

/** Rows as spreadsheets take them from the clipboard. */
export function tsvRows(rows: readonly (readonly unknown[])[]): string {
  return rows
    .map((row) => row.map((cell) => quoted(cellText(cell), NEEDS_QUOTES_IN_TSV)).join('\t'))
    .join('\n');
}
