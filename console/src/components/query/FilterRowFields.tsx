/** One condition of the filter window: column, operator, value with what occurs and how often. */
import { Trash2 } from 'lucide-react';
import { useMemo } from 'react';

import type { FilterOperator } from '../../lib/query/filters';
import { compactNumber } from '../../lib/text/numbers';
import { IconButton } from '../../ui/Button';
import { Combo, type Suggestion } from '../../ui/Combo';
import { Select } from '../../ui/Select';
import { useLook } from '../explorer/look';
import { columnOf, type FilterRow, type RowMistakes } from './filter-draft';
import styles from './FilterWindow.module.css';
import { fieldOfColumn, useFieldSuggestions, useValueSuggestions, without } from './suggestions';

const OPERATORS: readonly { value: FilterOperator; label: string }[] = [
  { value: 'is', label: 'Is Equal To' },
  { value: 'is_not', label: 'Is Not Equal To' },
];

export interface FilterRowFieldsProps {
  row: FilterRow;
  /** Its place, from 1: rows are told apart by it when they are heard. */
  number: number;
  /** It was added just now, and takes the focus. */
  isNew: boolean;
  mistakes: RowMistakes | undefined;
  onChange: (set: Partial<Omit<FilterRow, 'id'>>) => void;
  onRemove: () => void;
}

function countOf(count: number | undefined): { end?: string } {
  return count === undefined ? {} : { end: compactNumber(count) };
}

export function FilterRowFields({ row, number, isNew, mistakes, onChange, onRemove }: FilterRowFieldsProps) {
  const { organization, query } = useLook();
  const base = useMemo(() => without(query, 'filter', 'match', 'order'), [query]);
  const field = fieldOfColumn(row.column);
  // With a column chosen all others are offered again, as in any drop-down.
  const typed = field === undefined ? row.column.trim() : '';
  const fields = useFieldSuggestions(organization.id, base, typed, true);
  const values = useValueSuggestions(organization.id, base, field, row.value);
  const columns = fields.items.map(({ name, count }): Suggestion => ({
    value: columnOf(name),
    ...countOf(count),
  }));
  const counted = values.items.map(({ value, count }): Suggestion => ({ value, ...countOf(count) }));
  return (
    <div className={styles['row']} role="group" aria-label={`Filter ${number}`}>
      <div className={styles['column']}>
        <Combo
          label="Select Column"
          hideLabel
          placeholder="Select Column"
          value={row.column}
          onChange={(column) => onChange({ column })}
          suggestions={columns}
          autoFocus={isNew}
          {...(mistakes?.column === undefined ? {} : { error: mistakes.column })}
        />
      </div>
      <div className={styles['operator']}>
        <Select
          label="Select Operator"
          hideLabel
          placeholder="Select Operator"
          options={OPERATORS}
          value={row.op}
          onChange={(op) => onChange({ op })}
          {...(mistakes?.op === undefined ? {} : { error: mistakes.op })}
        />
      </div>
      <div className={styles['value']}>
        <Combo
          // Another column begins anew: nothing of the other's values stays.
          key={field ?? ''}
          label="Enter Value"
          hideLabel
          placeholder="Enter Value"
          value={row.value}
          onChange={(value) => onChange({ value })}
          suggestions={counted}
          isLoading={values.isLoading}
          {...(mistakes?.value === undefined ? {} : { error: mistakes.value })}
        />
      </div>
      <div className={styles['remove']}>
        <IconButton label={`Remove filter ${number}`} onPress={onRemove}>
          <Trash2 aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}
