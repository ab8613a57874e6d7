/**
 * The filter window: conditions of column, operator and value, joined by AND or by OR. What is done in it is a
 * draft until Apply; closing it any other way changes nothing.
 */
import { Plus } from 'lucide-react';
import { useReducer, useRef, useState } from 'react';

import { MAX_FILTERS } from '../../lib/query/filters';
import { plural } from '../../lib/text/numbers';
import { Button } from '../../ui/Button';
import { Tabs } from '../../ui/Tabs';
import { useLook } from '../explorer/look';
import {
  draftOfFilters,
  type FilterAction,
  type FilterDraft,
  filterReducer,
  filtersOf,
  type Match,
  rowMistakes,
} from './filter-draft';
import { FilterRowFields } from './FilterRowFields';
import styles from './FilterWindow.module.css';

const MEANINGS: Readonly<Record<Match, string>> = {
  all: 'All conditions must be met for an entry to appear.',
  any: 'Any condition being met is sufficient for an entry to appear.',
};

export function FilterWindow({ onClose }: { onClose: () => void }) {
  const { state, change } = useLook();
  const [draft, act] = useReducer(filterReducer, undefined, () => draftOfFilters(state.filters, state.match));
  const [wasRefused, setRefused] = useState(false);

  const apply = () => {
    const filters = filtersOf(draft);
    setRefused(filters === undefined);
    if (filters === undefined) return;
    change({ filters, match: filters.length > 1 ? draft.match : 'all' });
    onClose();
  };
  const conditions = (
    <Conditions draft={draft} act={act} wasRefused={wasRefused} firstNewId={state.filters.length} />
  );

  return (
    <form
      className={styles['window']}
      aria-label="Filter By"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <h2 className={styles['title']}>Filter By</h2>
      <div className={styles['tabs']}>
        <Tabs
          label="How the filters join"
          selected={draft.match}
          onSelect={(id) => act({ kind: 'match', match: id === 'any' ? 'any' : 'all' })}
          items={[
            { id: 'all', label: 'AND', content: conditions },
            { id: 'any', label: 'OR', content: conditions },
          ]}
        />
      </div>
      <div className={styles['foot']}>
        <Button look="quiet" onPress={() => act({ kind: 'clear' })}>
          Clear All
        </Button>
        <span className={styles['fill']} aria-live="polite">
          {wasRefused && filtersOf(draft) === undefined && 'A filter is not complete.'}
        </span>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit">
          Apply
        </Button>
      </div>
    </form>
  );
}

interface ConditionsProps {
  draft: FilterDraft;
  act: (action: FilterAction) => void;
  /** Apply was pressed: what is missing is said. */
  wasRefused: boolean;
  /** Rows from this one on were added here. */
  firstNewId: number;
}

/** The rows of the draft, joined as it says, and the button for another. */
function Conditions({ draft, act, wasRefused, firstNewId }: ConditionsProps) {
  const { rows, match } = draft;
  const add = useRef<HTMLDivElement>(null);
  const isFull = rows.length >= MAX_FILTERS;
  return (
    <div className={styles['conditions']}>
      <p className={styles['meaning']}>{MEANINGS[match]}</p>
      {rows.length === 0 && <p className={styles['none']}>No filters: all entries appear.</p>}
      <ul className={styles['rows']} aria-label="Filters">
        {rows.map((row, at) => (
          <li key={row.id} className={styles['item']}>
            {at > 0 && <span className={styles['joiner']}>{match === 'all' ? 'AND' : 'OR'}</span>}
            <FilterRowFields
              row={row}
              number={at + 1}
              isNew={row.id >= firstNewId && at === rows.length - 1}
              mistakes={wasRefused ? rowMistakes(row) : undefined}
              onChange={(set) => act({ kind: 'set', id: row.id, set })}
              onRemove={() => {
                act({ kind: 'remove', id: row.id });
                // The button that had the focus goes with its row.
                add.current?.querySelector('button')?.focus();
              }}
            />
          </li>
        ))}
      </ul>
      <div ref={add}>
        <Button
          look="quiet"
          icon={<Plus aria-hidden />}
          isDisabled={isFull}
          onPress={() => act({ kind: 'add' })}
        >
          Add Filter
        </Button>
        {isFull && <span className={styles['meaning']}>{`At most ${plural(MAX_FILTERS, 'filter')}.`}</span>}
      </div>
    </div>
  );
}
