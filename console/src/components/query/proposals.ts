/**
 * What the search bar proposes at the caret, as one list, and which of it a key takes.
 *
 * It must hold that Enter searches for what was typed unless something was chosen, or what was typed is only
 * the beginning of a value: a value that is written out is never replaced by another.
 */
import type { CountedValue } from '../../api/events';
import { applyCompletion, type Completing } from '../../lib/query/completion';
import type { FieldSuggestion } from './suggestions';

export interface Proposal {
  readonly kind: 'field' | 'value';
  /** What is written into the search. */
  readonly value: string;
  readonly label: string | undefined;
  readonly description: string | undefined;
  readonly count: number | undefined;
}

export function fieldProposals(fields: readonly FieldSuggestion[]): Proposal[] {
  return fields.map(({ name, ...rest }) => ({ kind: 'field', value: name, ...rest }));
}

export function valueProposals(values: readonly CountedValue[]): Proposal[] {
  return values.map(({ value, count }) => ({
    kind: 'value',
    value,
    label: undefined,
    description: undefined,
    count,
  }));
}

/** The proposal that is chosen without an arrow: the first value, where a beginning of one was typed. */
export function presetChoice(completing: Completing, proposals: readonly Proposal[]): number {
  const { kind, prefix } = completing;
  if (kind !== 'value' || prefix === '' || prefix.includes('*') || proposals.length === 0) return -1;
  const lower = prefix.toLowerCase();
  return proposals.some(({ value }) => value.toLowerCase() === lower) ? -1 : 0;
}

/** The proposal that Tab takes where none is chosen. Where nothing was typed, Tab goes on. */
export function choiceForTab(completing: Completing, active: number): number {
  if (active >= 0) return active;
  const isBegun = completing.kind !== 'text' && completing.prefix !== '';
  return isBegun ? 0 : -1;
}

/** The text with a proposal in it. A field is followed by its values; a value ends what is typed. */
export function take(
  text: string,
  completing: Completing,
  proposal: Proposal,
): { text: string; caret: number } {
  // A caret behind text takes fields, too.
  const at: Completing = proposal.kind === 'field' ? { ...completing, kind: 'field' } : completing;
  return applyCompletion(text, at, proposal.value);
}
