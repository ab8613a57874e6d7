/** The button that shows the range of time and its zone, and opens the picker. */
import { CalendarDays, ChevronDown } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';

import { DEFAULT_RANGE, type Range } from '../../lib/query/state';
import { isSameRange, rangeLabel } from '../../lib/time/labels';
import type { WeekStart } from '../../lib/time/presets';
import { ownWeekStart } from '../../lib/time/week-start';
import { zoneAbbreviation } from '../../lib/time/zone';
import { ownZone } from '../../lib/time/zones';
import { Button } from '../../ui/Button';
import { Pop } from '../../ui/Pop';
import { Skeleton } from '../../ui/States';
import { useLook } from '../explorer/look';
import { viewRange } from '../explorer/saved';
import styles from './Controls.module.css';

const TimePanel = lazy(async () => ({ default: (await import('./TimePanel')).TimePanel }));

export interface TimeRangePickerProps {
  range: Range;
  zone: string;
  weekStart: WeekStart;
  onApply: (chosen: { range: Range; zone: string }) => void;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

/** For whoever has a range: it shows that, and gives another. */
export function TimeRangePicker({
  range,
  zone,
  weekStart,
  onApply,
  isOpen,
  onOpenChange,
}: TimeRangePickerProps) {
  const [ownOpen, setOwnOpen] = useState(false);
  const [now] = useState(() => Date.now());
  const label = rangeLabel(range, zone);
  const short = zoneAbbreviation(now, zone);
  return (
    <Pop
      label="Time range"
      width="640px"
      isOpen={isOpen ?? ownOpen}
      onOpenChange={onOpenChange ?? setOwnOpen}
      trigger={
        <Button
          aria-label={`Time range: ${label} ${short} (${zone.replaceAll('_', ' ')})`}
          icon={<CalendarDays aria-hidden />}
        >
          <span className={styles['with-chevron']}>
            <span className={styles['range']}>
              {label} <span className={styles['zone']}>{short}</span>
            </span>
            <ChevronDown aria-hidden />
          </span>
        </Button>
      }
    >
      {(close) => (
        <Suspense
          fallback={
            <div className={styles['loading']}>
              <Skeleton lines={6} label="Loading the calendar" />
            </div>
          }
        >
          <TimePanel
            range={range}
            zone={zone}
            weekStart={weekStart}
            onClose={close}
            onApply={(chosen) => {
              onApply(chosen);
              close();
            }}
          />
        </Suspense>
      )}
    </Pop>
  );
}

export interface TimeRangeProps {
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

/** The range of the look. */
export function TimeRange(props: TimeRangeProps) {
  const { range, zone, state, view, change } = useLook();
  const apply = (chosen: { range: Range; zone: string }) => {
    const usual = view === undefined ? DEFAULT_RANGE : viewRange(view);
    const usualZone = view?.definition.tz ?? ownZone();
    change({
      // What the view says anyway is left to it.
      range: isSameRange(chosen.range, usual) ? undefined : chosen.range,
      tz: chosen.zone === usualZone ? undefined : chosen.zone,
    });
  };
  return (
    <TimeRangePicker
      {...props}
      range={range}
      zone={zone}
      weekStart={state.weekStart ?? ownWeekStart()}
      onApply={apply}
    />
  );
}
