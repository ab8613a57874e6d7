/**
 * The time zones that people choose from, with how far their clocks are ahead just now.
 */
import { isZone } from './zone-names';
import { offsetAt, offsetLabel } from './zone';

/** What people call zones that browsers list by an older name only. */
const NEWER_NAMES = [
  'America/Nuuk',
  'America/Argentina/Buenos_Aires',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
  'Pacific/Kanton',
];

export interface ZoneChoice {
  readonly name: string;
  /** As people write it: America/New York. */
  readonly label: string;
  /** UTC+05:45 */
  readonly offset: string;
}

/** The zone of the reader's own machine, or UTC where it cannot be told. */
export function ownZone(): string {
  const { timeZone } = new Intl.DateTimeFormat('en-US').resolvedOptions();
  return isZone(timeZone) ? timeZone : 'UTC';
}

function choice(name: string, now: number): ZoneChoice {
  return { name, label: name.replaceAll('_', ' '), offset: offsetLabel(offsetAt(now, name)) };
}

/** All zones: UTC and the reader's own first, then by name. */
export function zoneChoices(now: number, own: string = ownZone()): readonly ZoneChoice[] {
  const listed = [...Intl.supportedValuesOf('timeZone'), ...NEWER_NAMES.filter(isZone)].sort();
  const names = new Set(['UTC', own, ...listed]);
  return [...names].map((name) => choice(name, now));
}

/** The zones that a text may mean: all of its words are in the name, or in the offset. */
export function matchingZones(zones: readonly ZoneChoice[], text: string): readonly ZoneChoice[] {
  const words = text
    .toLowerCase()
    .replaceAll('-', '−')
    .split(/[\s/_]+/);
  return zones.filter((zone) => {
    const searched = `${zone.label} ${zone.offset}`.toLowerCase().replaceAll('-', '−');
    return words.every((word) => searched.includes(word));
  });
}
