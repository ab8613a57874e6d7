/**
 * The ranges of time that have a name. Names are the API's; labels are what people read.
 *
 * It must hold that every name here is one that the API takes, and that none is missing.
 */

/** All of them, in the order in which they are offered. */
export const PRESETS = [
  'all_time',
  'today',
  'yesterday',
  'this_week',
  'this_month',
  'last_month',
  'last_24_hours',
  'last_7_days',
  'last_30_days',
  'last_90_days',
  'this_year',
  'last_year',
] as const;

/** A range by its name. */
export type Preset = (typeof PRESETS)[number];

/** The day that weeks begin on. */
export type WeekStart = 'monday' | 'sunday';

const LABELS: Readonly<Record<Preset, string>> = {
  all_time: 'All Time',
  today: 'Today',
  yesterday: 'Yesterday',
  this_week: 'This Week',
  this_month: 'This Month',
  last_month: 'Last Month',
  last_24_hours: 'Last 24 Hours',
  last_7_days: 'Last 7 Days',
  last_30_days: 'Last 30 Days',
  last_90_days: 'Last 90 Days',
  this_year: 'This Year',
  last_year: 'Last Year',
};

/** Whether a text is the name of a preset. */
export function isPreset(text: string): text is Preset {
  return PRESETS.some((preset) => preset === text);
}

/** What a preset is called on screen. */
export function presetLabel(preset: Preset): string {
  return LABELS[preset];
}
