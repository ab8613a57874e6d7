/** Which columns the table has and in which order; and how times are written. */
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { useState } from 'react';

import { fieldName } from '../../lib/query/fields';
import { columnLabel } from '../../lib/query/known-fields';
import { MAX_COLUMNS } from '../../lib/query/state';
import { Button, IconButton } from '../../ui/Button';
import { Segments } from '../../ui/Choice';
import { Combo } from '../../ui/Combo';
import { OFFERED } from '../events/columns';
import type { TimeStyle } from '../events/Time';
import styles from './ColumnChooser.module.css';
import { setDisplay, useDisplay } from './display';
import { useLook } from './look';

export function ColumnChooser() {
  const { columns, change, state } = useLook();
  const { times } = useDisplay();
  const set = (next: readonly string[]) => change({ columns: next }, { replace: true });
  const move = (index: number, by: number) => {
    const next = [...columns];
    const [moved] = next.splice(index, 1);
    if (moved !== undefined) next.splice(index + by, 0, moved);
    set(next);
  };
  return (
    <div className={styles['chooser']}>
      <ul className={styles['list']} aria-label="Columns of the table">
        {columns.map((field, index) => (
          <li key={field} className={styles['item']}>
            <span className={styles['name']}>{columnLabel(field)}</span>
            <IconButton
              label={`Move ${columnLabel(field)} to the left`}
              size="s"
              isDisabled={index === 0}
              onPress={() => move(index, -1)}
            >
              <ArrowUp aria-hidden />
            </IconButton>
            <IconButton
              label={`Move ${columnLabel(field)} to the right`}
              size="s"
              isDisabled={index === columns.length - 1}
              onPress={() => move(index, 1)}
            >
              <ArrowDown aria-hidden />
            </IconButton>
            <IconButton
              label={`Remove ${columnLabel(field)}`}
              size="s"
              isDisabled={columns.length === 1}
              onPress={() => set(columns.filter((other) => other !== field))}
            >
              <X aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
      <Adder columns={columns} onAdd={(field) => set([...columns, field])} />
      <Segments
        label="Times"
        value={times ?? 'timestamp'}
        onChange={(style: TimeStyle) => setDisplay({ times: style })}
        options={[
          { value: 'timestamp', label: 'Feb 13, 10:28 AM' },
          { value: 'absolute', label: 'Exact' },
          { value: 'relative', label: 'Ago' },
        ]}
      />
      {state.columns !== undefined && (
        <Button size="s" onPress={() => change({ columns: undefined }, { replace: true })}>
          As the view has them
        </Button>
      )}
    </div>
  );
}

function Adder({ columns, onAdd }: { columns: readonly string[]; onAdd: (field: string) => void }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const offered = OFFERED.filter(
    (field) => !columns.includes(field) && `${field} ${columnLabel(field)}`.toLowerCase().includes(wanted),
  );
  const add = (value: string) => {
    const field = fieldName(value.trim());
    if (field === undefined || columns.includes(field) || columns.length >= MAX_COLUMNS) return;
    onAdd(field);
    setText('');
  };
  return (
    <div className={styles['adder']}>
      <Combo
        label="Add a column"
        hideLabel
        placeholder="Add a column, such as metadata.model_id"
        value={text}
        onChange={setText}
        onSubmit={add}
        suggestions={offered.map((field) => ({ value: field, label: columnLabel(field), end: field }))}
      />
      <IconButton
        label="Add the column"
        isDisabled={fieldName(text.trim()) === undefined}
        onPress={() => add(text)}
      >
        <Plus aria-hidden />
      </IconButton>
    </div>
  );
}
