/**
 * Numbers as people read them.
 *
 * It must hold that an exact number is never shown as a rounded one: what is rounded says its unit.
 */

const THOUSAND = 1000;
const KIBI = 1024;
const COUNT_UNITS = ['', ' k', ' M', ' B', ' T'];
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
/** What a number that is none is shown as. */
const NO_NUMBER = '–';

const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** 12,345 */
export function numberLabel(value: number): string {
  return Number.isFinite(value) ? exact.format(value) : NO_NUMBER;
}

/** A number in the unit that leaves one to three digits before the point. */
function scaled(value: number, base: number, unitCount: number): { text: string; unit: number } {
  let unit = 0;
  let left = value;
  // What would be rounded up to a whole next unit is one of that unit.
  while (unit < unitCount - 1 && Math.round(Math.abs(left)) >= base) {
    left /= base;
    unit += 1;
  }
  const digits = unit > 0 && Math.abs(left) < 100 ? 1 : 0;
  return { text: String(Number(left.toFixed(digits))), unit };
}

/** 999, 1.2 k, 12.3 k, 1.2 M */
export function compactNumber(value: number): string {
  if (!Number.isFinite(value)) return NO_NUMBER;
  if (Math.abs(value) < THOUSAND) return numberLabel(value);
  const { text, unit } = scaled(value, THOUSAND, COUNT_UNITS.length);
  return `${text}${COUNT_UNITS[unit] ?? ''}`;
}

/** 512 B, 1.5 KiB, 3.2 GiB */
export function bytesLabel(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return NO_NUMBER;
  const { text, unit } = scaled(bytes, KIBI, BYTE_UNITS.length);
  return `${text} ${BYTE_UNITS[unit] ?? ''}`;
}

/** 1.2 k/s, 12/min: so many in so many milliseconds. */
export function rateLabel(count: number, milliseconds: number): string {
  if (!(milliseconds > 0) || !Number.isFinite(count)) return NO_NUMBER;
  const perSecond = (count * 1000) / milliseconds;
  if (perSecond >= 1 || count === 0) return `${compactNumber(Number(perSecond.toPrecision(3)))}/s`;
  const perMinute = perSecond * 60;
  if (perMinute >= 1) return `${Number(perMinute.toPrecision(2))}/min`;
  return `${Number((perMinute * 60).toPrecision(2))}/h`;
}

/** 1 event, 12,345 events */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${numberLabel(count)} ${count === 1 ? one : many}`;
}

/** A share of a whole: 0 %, under 1 %, 37 %, over 99 %, 100 %. */
export function percentLabel(part: number, whole: number): string {
  if (!(whole > 0) || !Number.isFinite(part)) return NO_NUMBER;
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 1) return 'under 1 %';
  if (percent > 99 && percent < 100) return 'over 99 %';
  return `${Math.round(percent)} %`;
}
