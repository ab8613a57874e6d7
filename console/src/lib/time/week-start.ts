/** The day that weeks begin on for a reader, by the language and region that the browser is set to. */
import type { WeekStart } from './presets';

/** Sunday, as `Intl` counts the days of a week. */
const SUNDAY = 7;
/** Where weeks begin on Sunday, for browsers that do not say: those with the most people. */
const SUNDAY_REGIONS = ['US', 'CA', 'MX', 'BR', 'IN', 'JP', 'KR', 'IL', 'PH', 'ZA', 'TW', 'HK'];

interface TellsWeek {
  getWeekInfo: () => { firstDay: number };
}

function tellsWeek(locale: object): locale is TellsWeek {
  return 'getWeekInfo' in locale && typeof locale.getWeekInfo === 'function';
}

/** Saturday, where weeks begin with it, is none of the API's: Monday stands for it. */
export function weekStartOf(language: string): WeekStart {
  try {
    const locale: object = new Intl.Locale(language).maximize();
    if (tellsWeek(locale)) return locale.getWeekInfo().firstDay === SUNDAY ? 'sunday' : 'monday';
    const region = 'region' in locale && typeof locale.region === 'string' ? locale.region : '';
    return SUNDAY_REGIONS.includes(region) ? 'sunday' : 'monday';
  } catch {
    return 'monday';
  }
}

export function ownWeekStart(): WeekStart {
  return weekStartOf(new Intl.DateTimeFormat().resolvedOptions().locale);
}
