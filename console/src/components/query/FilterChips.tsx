/** What narrows the look, below the bar: each can be taken away, or all at once. */
import { X } from 'lucide-react';
import { Fragment, useLayoutEffect, useMemo, useRef } from 'react';

import { visibleText } from '../../lib/text/visible';
import { Button } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { useLook } from '../explorer/look';
import { type Chip, chipsOf, withoutChips } from './chips';
import styles from './FilterChips.module.css';

/** The longest value that is shown whole, in characters. */
const MAX_SHOWN_CHARS = 64;

function shownValue(value: string): string {
  const visible = visibleText(value);
  if (visible === '') return '“”';
  return visible.length > MAX_SHOWN_CHARS ? `${visible.slice(0, MAX_SHOWN_CHARS)}…` : visible;
}

function ChipView({ chip, onRemove }: { chip: Chip; onRemove: () => void }) {
  const subject = visibleText(chip.subject);
  const value = shownValue(chip.value);
  return (
    <span className={classes(styles['chip'], chip.verb === 'is not' && styles['negated'])}>
      <span className={styles['words']} title={`${subject} ${chip.verb} ${visibleText(chip.value)}`}>
        {subject} <span className={styles['verb']}>{chip.verb}</span>{' '}
        <span className={styles['value']}>{value}</span>
      </span>
      <button
        type="button"
        className={styles['remove']}
        aria-label={`Remove ${subject} ${chip.verb} ${value}`}
        onClick={onRemove}
      >
        <X aria-hidden />
      </button>
    </span>
  );
}

export function FilterChips() {
  const { state, change } = useLook();
  const chips = useMemo(() => chipsOf(state), [state]);
  const group = useRef<HTMLDivElement>(null);
  const removedAt = useRef<number>(undefined);
  // The button that was pressed goes with its chip: the focus goes on to the next, or to the search.
  useLayoutEffect(() => {
    const at = removedAt.current;
    removedAt.current = undefined;
    if (at === undefined || document.activeElement !== document.body) return;
    const next = group.current?.querySelectorAll('button')[Math.min(at, chips.length - 1)];
    (next ?? document.querySelector<HTMLElement>('[role="search"] input'))?.focus();
  }, [chips]);
  if (chips.length === 0) return null;
  return (
    <div ref={group} className={styles['chips']} role="group" aria-label="What narrows the list">
      {chips.map((chip, at) => (
        <Fragment key={chip.key}>
          {chip.kind === 'filter' && at > 0 && (
            <span className={styles['joiner']}>{state.match === 'all' ? 'AND' : 'OR'}</span>
          )}
          <ChipView
            chip={chip}
            onRemove={() => {
              removedAt.current = at;
              change(chip.remove);
            }}
          />
        </Fragment>
      ))}
      <Button
        look="quiet"
        size="s"
        onPress={() => {
          removedAt.current = 0;
          change(withoutChips);
        }}
      >
        Clear all
      </Button>
    </div>
  );
}
