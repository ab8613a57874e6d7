/**
 * Rules of retention in words, and which changes let go what was kept before.
 *
 * It must hold that a change is taken for harmless only if it keeps every event at least as long.
 */
import { numberLabel, plural } from '../text/numbers';

/** The longest time that events are kept, in days: a hundred years. */
export const MAX_DAYS = 36_500;
const DAYS_OF_YEAR = 365;

export interface KeptRule {
  readonly keep: 'days' | 'forever' | 'inherited';
  readonly days: number | null;
}

/** How long that is, in days. What is inherited is as long as what it is inherited from. */
function daysOf(rule: KeptRule, inherited: KeptRule): number {
  const meant = rule.keep === 'inherited' ? inherited : rule;
  return meant.keep === 'days' && meant.days !== null ? meant.days : Number.POSITIVE_INFINITY;
}

/** Whether events go earlier by one rule than by the one that is in force. */
export function keepsShorter(next: KeptRule, inForce: KeptRule, inherited: KeptRule): boolean {
  return daysOf(next, inherited) < daysOf(inForce, inherited);
}

/** 30 days, 365 days (1 year), for ever */
export function keptFor({ keep, days }: KeptRule): string {
  if (keep !== 'days' || days === null) return keep === 'inherited' ? 'as inherited' : 'for ever';
  const years = days / DAYS_OF_YEAR;
  const asYears = days >= DAYS_OF_YEAR && Number.isInteger(years) ? ` (${plural(years, 'year')})` : '';
  return `${numberLabel(days)} ${days === 1 ? 'day' : 'days'}${asYears}`;
}

export function sameRule(one: KeptRule, other: KeptRule): boolean {
  return one.keep === other.keep && (one.keep !== 'days' || one.days === other.days);
}
