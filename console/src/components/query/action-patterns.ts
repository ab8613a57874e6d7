/**
 * The box for action patterns: what is typed in it, read as patterns, and the patterns that are proposed.
 *
 * Several patterns stand beside each other, parted by commas or spaces; any of them may match. It must hold
 * that the count beside a proposal is the number of events that it would find.
 */
import type { CountedValue } from '../../api/events';
import { MAX_ACTIONS } from '../../lib/query/state';

const PARTED = /[\s,]+/;

export function readPatterns(text: string): readonly string[] {
  const patterns = text.split(PARTED).filter((pattern) => pattern !== '');
  return [...new Set(patterns)].slice(0, MAX_ACTIONS);
}

export function writePatterns(patterns: readonly string[]): string {
  return patterns.join(', ');
}

/** What is typed last, and the text before it. */
export function lastPattern(text: string): { before: string; last: string } {
  const at = Math.max(text.lastIndexOf(','), text.lastIndexOf(' ')) + 1;
  return { before: text.slice(0, at), last: text.slice(at) };
}

/** The part of a pattern that a completion of it begins with. */
export function fixedPart(pattern: string): string {
  const star = pattern.indexOf('*');
  return star < 0 ? pattern : pattern.slice(0, star);
}

/** Whether an action matches a pattern, as the server has it. */
export function matches(pattern: string, action: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return action === pattern;
  if (!action.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = action.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return action.length - last.length >= at && action.endsWith(last);
}

/** The groups that actions are in: `organisation.user.added` is in `organisation.*` and `organisation.user.*`. */
function groupsOf(action: string): string[] {
  const parts = action.split('.');
  return parts.slice(0, -1).map((_part, at) => `${parts.slice(0, at + 1).join('.')}.*`);
}

/**
 * The patterns that what is typed may become: groups of actions, then actions, each with its events.
 * `areAll`: no action that begins like this is missing, so that groups can be counted.
 */
export function proposedPatterns(
  typed: string,
  actions: readonly CountedValue[],
  areAll: boolean,
): readonly { value: string; count: number | undefined }[] {
  const lower = fixedPart(typed).toLowerCase();
  const found = actions.filter(({ value }) =>
    typed.includes('*') ? matches(typed, value) : value.toLowerCase().startsWith(lower),
  );
  const groups = new Map<string, { count: number; actions: number }>();
  for (const { value, count } of found) {
    for (const group of groupsOf(value)) {
      // A group that is shorter than what is typed has actions that are not among these.
      if (fixedPart(group).length < lower.length) continue;
      const before = groups.get(group) ?? { count: 0, actions: 0 };
      groups.set(group, { count: before.count + count, actions: before.actions + 1 });
    }
  }
  const proposed = [...groups]
    .filter(([group, { actions: size }]) => size > 1 && group !== typed)
    .map(([value, { count }]) => ({ value, count: areAll && !typed.includes('*') ? count : undefined }));
  return [...proposed.sort((a, b) => (b.count ?? 0) - (a.count ?? 0)), ...found];
}
