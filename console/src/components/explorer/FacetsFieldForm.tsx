/** The form by which a field is put beside the list. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';

import { completionsQuery } from '../../api/events';
import { isCountable, readField } from '../../lib/query/fields';
import { compactNumber } from '../../lib/text/numbers';
import { Button } from '../../ui/Button';
import { Combo } from '../../ui/Combo';
import { Stack } from '../../ui/Layout';
import type { FacetsAddFieldProps } from './FacetsAddField';
import { useLook } from './look';

/** Names of fields that are asked for, and those of them that are offered. */
const ASKED_NAMES = 60;
const OFFERED_NAMES = 20;
/** What is offered before anything is typed: the keys that only this organization has. */
const OWN_KEYS = 'metadata.';

/** Why a text cannot be added; undefined if it can. */
export function whyNot(text: string, taken: readonly string[]): string | undefined {
  const read = readField(text.trim());
  if (!read.ok) {
    const { message, suggestion } = read.mistake;
    return suggestion === undefined ? message : `${message} Is it ${suggestion}?`;
  }
  if (read.field.isExactOnly) return 'Nearly every event has its own, so there is nothing to count.';
  return taken.includes(read.field.name) ? 'It is here already.' : undefined;
}

export function FacetsFieldForm({ taken, onAdd }: FacetsAddFieldProps) {
  const { organization, query } = useLook();
  const [text, setText] = useState('');
  const [error, setError] = useState<string>();
  const typed = useDeferredValue(text.trim());
  const prefix = typed === '' ? OWN_KEYS : typed;
  const names = useQuery(completionsQuery(organization.id, query, undefined, prefix, ASKED_NAMES));
  const suggestions = (names.data?.values ?? [])
    .filter(({ value }) => isCountable(value) && !taken.includes(value))
    .slice(0, OFFERED_NAMES)
    .map(({ value, count }) => ({ value, end: compactNumber(count) }));
  const submit = (value: string) => {
    const mistake = whyNot(value, taken);
    const read = readField(value.trim());
    setError(mistake);
    if (mistake === undefined && read.ok) onAdd(read.field.name);
  };
  return (
    <Stack gap={3}>
      <Combo
        label="Field"
        placeholder="metadata.model_id"
        value={text}
        onChange={(next) => {
          setText(next);
          setError(undefined);
        }}
        onSubmit={submit}
        suggestions={suggestions}
        isLoading={names.isFetching}
        error={error}
        autoFocus
      />
      <Button look="primary" isDisabled={text.trim() === ''} onPress={() => submit(text)}>
        Add
      </Button>
    </Stack>
  );
}
