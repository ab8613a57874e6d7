/** The action filter: patterns with `*`, asked as they are typed. Empty, it stands for what the view says. */
import { useCallback, useMemo } from 'react';

import { MAX_ACTION_BYTES } from '../../lib/query/state';
import { byteLength } from '../../lib/query/fields';
import { compactNumber } from '../../lib/text/numbers';
import { LightCombo, type LightSuggestion } from '../../ui/LightCombo';
import { useLook } from '../explorer/look';
import { fixedPart, lastPattern, proposedPatterns, readPatterns, writePatterns } from './action-patterns';
import { useValueSuggestions, without } from './suggestions';
import styles from './Controls.module.css';
import { useDraft } from './use-draft';

/** Actions that are asked for at once. If fewer come, none is missing. */
const MAX_PROPOSED = 40;
/** What the API gives of values at most when it is asked as here. */
const ASKED_VALUES = 50;

function areShort(text: string): boolean {
  return readPatterns(text).every((pattern) => byteLength(pattern) <= MAX_ACTION_BYTES);
}

/** A comma more, or a space, asks for nothing else. */
function normalize(text: string): string {
  return writePatterns(readPatterns(text));
}

export function ActionPattern() {
  const { organization, state, query, view, change } = useLook();
  const send = useCallback(
    (text: string, options: { replace: boolean }) => change({ actions: readPatterns(text) }, options),
    [change],
  );
  const { text, type, submit } = useDraft({
    value: writePatterns(state.actions),
    send,
    normalize,
    isReady: areShort,
  });

  const base = useMemo(() => without(query, 'action', 'order'), [query]);
  const { before, last } = lastPattern(text);
  const actions = useValueSuggestions(organization.id, base, 'action', fixedPart(last));
  const suggestions = useMemo(
    () =>
      proposedPatterns(last, actions.items, actions.items.length < ASKED_VALUES)
        .slice(0, MAX_PROPOSED)
        .map(({ value: pattern, count }): LightSuggestion => ({
          value: before + pattern,
          ...(count === undefined ? {} : { end: compactNumber(count) }),
        })),
    [actions.items, before, last],
  );
  const isDefault = state.projectId === undefined && view?.default_pattern;
  return (
    <div className={styles['action']}>
      <LightCombo
        label="Action filter"
        placeholder={isDefault ? isDefault : 'Action, such as role.*'}
        value={text}
        onChange={type}
        onSubmit={submit}
        suggestions={suggestions}
        isLoading={actions.isLoading}
        {...(areShort(text) ? {} : { error: `A pattern has at most ${MAX_ACTION_BYTES} bytes.` })}
      />
    </div>
  );
}
