/**
 * The hours of a week as a grid: the more there is, the darker. What a cell stands for is written below, for the
 * pointer and for the keyboard alike; to those who hear the page each cell says it.
 */
import { type KeyboardEvent, useRef, useState } from 'react';

import { numberLabel, plural } from '../../lib/text/numbers';
import { twoDigits } from '../../lib/time/formats';
import type { WeekStart } from '../../lib/time/presets';
import styles from './HeatMap.module.css';
import { DAYS_PER_WEEK, HOURS_PER_DAY, shadeOf, type Week, type WeekHour } from './week';

/** Shades besides that of nothing. */
const SHADES = 6;
/** An hour has a label at the top if it is one of so many. */
const LABEL_EVERY_HOURS = 3;

const FROM_SUNDAY = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The days of the week from its first. */
export function weekdaysFrom(weekStart: WeekStart): readonly string[] {
  return weekStart === 'sunday' ? FROM_SUNDAY : [...FROM_SUNDAY.slice(1), ...FROM_SUNDAY.slice(0, 1)];
}

/** Tens have no decimals: nobody compares them by these. */
function averageLabel(average: number): string {
  return numberLabel(average < 10 ? Math.round(average * 10) / 10 : Math.round(average));
}

function inWords(day: string, hour: number, cell: WeekHour): string {
  const time = `${day} ${twoDigits(hour)}:00–${twoDigits((hour + 1) % HOURS_PER_DAY)}:00`;
  if (cell.hours === 0) return `${time}: not in this time`;
  return `${time}: ${averageLabel(cell.average)} on average, ${plural(cell.count, 'event')} in ${plural(cell.hours, 'such hour')}`;
}

/** Where an arrow key leads. */
function moved(key: string, [day, hour]: readonly [number, number]): readonly [number, number] | undefined {
  switch (key) {
    case 'ArrowUp':
      return [Math.max(day - 1, 0), hour];
    case 'ArrowDown':
      return [Math.min(day + 1, DAYS_PER_WEEK - 1), hour];
    case 'ArrowLeft':
      return [day, Math.max(hour - 1, 0)];
    case 'ArrowRight':
      return [day, Math.min(hour + 1, HOURS_PER_DAY - 1)];
    case 'Home':
      return [day, 0];
    case 'End':
      return [day, HOURS_PER_DAY - 1];
    default:
      return undefined;
  }
}

export interface HeatMapProps {
  label: string;
  week: Week;
  weekStart: WeekStart;
  isStale?: boolean;
}

export function HeatMap({ label, week, weekStart, isStale = false }: HeatMapProps) {
  const table = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState<readonly [number, number]>([0, 0]);
  const [pointed, setPointed] = useState<readonly [number, number]>();
  const days = weekdaysFrom(weekStart);
  const greatest = Math.max(...week.flat().map(({ average }) => average), 0);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(event.key, at);
    if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    setAt(next);
    table.current?.querySelector<HTMLElement>(`[data-cell="${next[0]}-${next[1]}"]`)?.focus();
  };
  const cell = pointed === undefined ? undefined : week[pointed[0]]?.[pointed[1]];
  return (
    <div className={styles['heat']} data-stale={isStale}>
      <table ref={table} className={styles['grid']} role="grid" aria-label={label}>
        <thead>
          <tr>
            <td />
            {Array.from({ length: HOURS_PER_DAY }, (_, hour) => (
              <th key={hour} scope="col" className={styles['hour']}>
                <span className={hour % LABEL_EVERY_HOURS === 0 ? undefined : 'visually-hidden'}>
                  {twoDigits(hour)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {week.map((hours, day) => (
            <tr key={days[day]}>
              <th scope="row" className={styles['day']}>
                <span aria-hidden>{days[day]?.slice(0, 3)}</span>
                <span className="visually-hidden">{days[day]}</span>
              </th>
              {hours.map((one, hour) => (
                <td
                  key={hour}
                  role="gridcell"
                  className={styles['cell']}
                  data-shade={one.hours === 0 ? 'none' : shadeOf(one.average, greatest, SHADES)}
                  data-cell={`${day}-${hour}`}
                  tabIndex={at[0] === day && at[1] === hour ? 0 : -1}
                  aria-label={inWords(days[day] ?? '', hour, one)}
                  onFocus={() => {
                    setAt([day, hour]);
                    setPointed([day, hour]);
                  }}
                  onBlur={() => setPointed(undefined)}
                  onKeyDown={onKeyDown}
                  onPointerEnter={() => setPointed([day, hour])}
                  onPointerLeave={() => setPointed(undefined)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div className={styles['foot']}>
        <p className={styles['said']} aria-hidden>
          {cell === undefined || pointed === undefined
            ? 'Point at an hour to read it.'
            : inWords(days[pointed[0]] ?? '', pointed[1], cell)}
        </p>
        <p className={styles['scale']} aria-hidden>
          0
          {Array.from({ length: SHADES + 1 }, (_, shade) => (
            <i key={shade} className={styles['sample']} data-shade={shade} />
          ))}
          {averageLabel(greatest)}
        </p>
      </div>
    </div>
  );
}
