/**
 * A month of days. A click sets the first day of the range, the next one its last. By keyboard it is a grid: the
 * arrows go from day to day, Home and End to the ends of the week, Page Up and Page Down from month to month,
 * with Shift from year to year, Enter and Space choose.
 */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';

import {
  type CalendarDay,
  dayForKey,
  MONTH_CHOICES,
  monthGrid,
  type PickerAction,
  type PickerState,
  weekdayHeads,
  yearChoices,
} from '../../lib/time/calendar';
import { type Day, partsOf, weekday } from '../../lib/time/day';
import { MONTHS_LONG } from '../../lib/time/formats';
import { IconButton } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { Select } from '../../ui/Select';
import styles from './TimePanel.module.css';

const WEEKDAYS = weekdayHeads('sunday').map(({ long }) => long);

/** Tuesday, 3 November 2026 */
function spokenDay(day: Day): string {
  const { year, month, dayOfMonth } = partsOf(day);
  return `${WEEKDAYS[weekday(day)] ?? ''}, ${dayOfMonth} ${MONTHS_LONG[month - 1] ?? ''} ${year}`;
}

function spoken(cell: CalendarDay): string {
  const more = [
    ...(cell.isToday ? ['today'] : []),
    ...(cell.isFirst ? ['start'] : []),
    ...(cell.isLast ? ['end'] : []),
  ];
  return [spokenDay(cell.day), ...more].join(', ');
}

function monthOf(day: Day): string {
  return day.slice(0, 7);
}

/** The day that Tab goes to: one of the month that is shown. */
function focusable(wanted: Day | undefined, picker: PickerState): Day {
  const month = monthOf(picker.shownMonth);
  const today = monthGrid(picker)
    .flat()
    .find(({ isToday, isInMonth }) => isToday && isInMonth)?.day;
  const candidates = [wanted, picker.days?.last, picker.days?.first, today];
  return candidates.find((day) => day !== undefined && monthOf(day) === month) ?? picker.shownMonth;
}

function monthsBetween(from: Day, to: Day): number {
  const [a, b] = [partsOf(from), partsOf(to)];
  return (b.year - a.year) * 12 + b.month - a.month;
}

export interface CalendarProps {
  picker: PickerState;
  act: (action: PickerAction) => void;
}

export function Calendar({ picker, act }: CalendarProps) {
  const [wanted, setWanted] = useState<Day>();
  const titleId = useId();
  const table = useRef<HTMLTableElement>(null);
  const takesFocus = useRef(false);
  const focused = focusable(wanted, picker);
  const { year, month } = partsOf(picker.shownMonth);

  useEffect(() => {
    if (!takesFocus.current) return;
    takesFocus.current = false;
    table.current?.querySelector<HTMLElement>('button[tabindex="0"]')?.focus();
  }, [focused]);

  const press = (event: KeyboardEvent<HTMLButtonElement>, day: Day) => {
    const next = dayForKey(day, event.key, picker.clock.weekStart, event.shiftKey);
    if (next === undefined) return;
    event.preventDefault();
    takesFocus.current = true;
    setWanted(next);
    const months = monthsBetween(picker.shownMonth, next);
    if (months !== 0) act({ kind: 'turn', months });
  };

  return (
    <div className={styles['calendar']}>
      <div className={styles['turn']}>
        <IconButton label="Previous month" size="s" onPress={() => act({ kind: 'turn', months: -1 })}>
          <ChevronLeft aria-hidden />
        </IconButton>
        <Select
          label="Month"
          hideLabel
          size="s"
          quiet
          options={MONTH_CHOICES.map(({ month: value, label }) => ({ value: String(value), label }))}
          value={String(month)}
          onChange={(value) => act({ kind: 'month', month: Number(value) })}
        />
        <Select
          label="Year"
          hideLabel
          size="s"
          quiet
          options={yearChoices(picker).map((value) => ({ value: String(value), label: String(value) }))}
          value={String(year)}
          onChange={(value) => act({ kind: 'year', year: Number(value) })}
        />
        <IconButton label="Next month" size="s" onPress={() => act({ kind: 'turn', months: 1 })}>
          <ChevronRight aria-hidden />
        </IconButton>
      </div>
      <span id={titleId} className="visually-hidden" aria-live="polite">
        {`${MONTHS_LONG[month - 1] ?? ''} ${year}`}
      </span>
      <table
        ref={table}
        role="grid"
        aria-labelledby={titleId}
        aria-multiselectable
        className={styles['grid']}
      >
        <thead>
          <tr>
            {weekdayHeads(picker.clock.weekStart).map(({ short, long }) => (
              <th key={long} scope="col" abbr={long} aria-label={long}>
                {short}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {monthGrid(picker).map((week) => (
            <tr key={week[0]?.day}>
              {week.map((cell) => (
                <td
                  key={cell.day}
                  role="gridcell"
                  aria-selected={cell.isSelected}
                  className={classes(
                    cell.isSelected && styles['selected'],
                    cell.isFirst && styles['first'],
                    cell.isLast && styles['last'],
                  )}
                >
                  <button
                    type="button"
                    tabIndex={cell.day === focused ? 0 : -1}
                    aria-label={spoken(cell)}
                    aria-current={cell.isToday ? 'date' : undefined}
                    className={classes(styles['day'], !cell.isInMonth && styles['other-month'])}
                    onKeyDown={(event) => press(event, cell.day)}
                    onClick={() => {
                      setWanted(cell.day);
                      act({ kind: 'day', day: cell.day });
                    }}
                  >
                    {cell.dayOfMonth}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
