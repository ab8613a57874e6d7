/**
 * The two ends of a range as they are written: an RFC 3339 instant, or a date alone for the midnight
 * at which that day begins in the reader's zone.
 *
 * It must hold that only what the API would take is called a bound.
 */

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FEBRUARY = 2;
/** The longest bound that the API reads, in characters. */
const MAX_BOUND_CHARS = 64;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Whether a text is a day of the calendar, such as 2026-02-13. */
export function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined || year < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === FEBRUARY && isLeap ? 29 : (DAYS_OF_MONTH[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

/** Whether a text is an instant with its offset, such as 2026-02-13T10:28:22Z. */
export function isInstant(text: string): boolean {
  const date = INSTANT.exec(text)?.[1];
  return text.length <= MAX_BOUND_CHARS && date !== undefined && isDate(date);
}

/** Whether a text can be one end of a range. */
export function isBound(text: string): boolean {
  return isDate(text) || isInstant(text);
}

/** Whether two bounds are known, without a zone, to be out of order. */
export function areOutOfOrder(from: string, to: string): boolean {
  if (isDate(from) && isDate(to)) return from >= to;
  if (isInstant(from) && isInstant(to)) return Date.parse(from) > Date.parse(to);
  return false;
}
