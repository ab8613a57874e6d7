/**
 * The time picker: ranges that have a name beside a calendar, times of day, and the zone. What is chosen is
 * written below and asked by Apply only.
 */
import { useReducer, useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';

import type { Range } from '../../lib/query/state';
import { daysLabel, rangeLabel } from '../../lib/time/labels';
import { isPreset, PRESETS, presetLabel, type WeekStart } from '../../lib/time/presets';
import { ownWeekStart } from '../../lib/time/week-start';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Field';
import { Calendar } from './Calendar';
import { askedBy, openTimes, type TimeDraft, timeReducer } from './time-draft';
import styles from './TimePanel.module.css';
import { ZoneSelect } from './ZoneSelect';

export interface TimePanelProps {
  range: Range;
  zone: string;
  weekStart?: WeekStart;
  onApply: (chosen: { range: Range; zone: string }) => void;
  onClose: () => void;
}

/** The range in words: its name, and its days where it has some. */
function written(draft: TimeDraft): string {
  const asked = askedBy(draft);
  const { days, clock } = draft.picker;
  if (!asked.ok) return asked.message;
  const name = rangeLabel(asked.range, clock.zone);
  const isNamed = typeof asked.range === 'string' && asked.range !== 'last_24_hours';
  return isNamed && days !== undefined ? `${name}: ${daysLabel(days.first, days.last)}` : name;
}

export function TimePanel({ range, zone, weekStart = ownWeekStart(), onApply, onClose }: TimePanelProps) {
  const [draft, act] = useReducer(timeReducer, undefined, () =>
    openTimes(range, { now: Date.now(), zone, weekStart }),
  );
  const [isChosen, setChosen] = useState(false);
  const { picker, times, isOwn } = draft;
  const { clock, days } = picker;
  const asked = askedBy(draft);
  const preset = !isOwn && typeof picker.range === 'string' ? picker.range : undefined;
  const hasDays = days !== undefined;
  return (
    <form
      className={styles['panel']}
      aria-label="Time range"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (asked.ok) onApply({ range: asked.range, zone: clock.zone });
      }}
    >
      <div className={styles['choices']}>
        <ListBox
          aria-label="Ranges with a name"
          className={styles['presets'] ?? ''}
          selectionMode="single"
          disallowEmptySelection={preset !== undefined}
          selectedKeys={preset === undefined ? [] : [preset]}
          autoFocus={isChosen ? false : 'first'}
          onSelectionChange={(keys) => {
            const [key] = keys === 'all' ? [] : [...keys].map(String);
            setChosen(true);
            if (key !== undefined && isPreset(key)) act({ kind: 'preset', preset: key });
          }}
        >
          {PRESETS.map((name) => (
            <ListBoxItem
              key={name}
              id={name}
              textValue={presetLabel(name)}
              className={styles['preset'] ?? ''}
            >
              {presetLabel(name)}
            </ListBoxItem>
          ))}
        </ListBox>
        <div className={styles['days']}>
          <Calendar picker={picker} act={act} />
          <div className={styles['times']}>
            <TextField
              label="From"
              type="time"
              size="s"
              value={times.from}
              isDisabled={!hasDays}
              onChange={(text) => act({ kind: 'time', end: 'from', text })}
            />
            <TextField
              label="To"
              type="time"
              size="s"
              value={times.to}
              isDisabled={!hasDays}
              onChange={(text) => act({ kind: 'time', end: 'to', text })}
            />
            <ZoneSelect
              zone={clock.zone}
              now={clock.now}
              onChange={(next) => act({ kind: 'clock', clock: { ...clock, zone: next } })}
            />
          </div>
        </div>
      </div>
      <div className={styles['foot']}>
        <div className={styles['written']} role="status">
          <span className={asked.ok ? styles['range'] : styles['wrong']}>{written(draft)}</span>
          {picker.isAwaitingLast && asked.ok && (
            <span className={styles['hint']}>Choose another day for the end.</span>
          )}
        </div>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={!asked.ok}>
          Apply
        </Button>
      </div>
    </form>
  );
}
