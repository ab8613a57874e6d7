/** How a change is best seen: its values beside each other, its words woven, or its members one by one. */

/** Texts longer than this are compared by their words, in characters. */
export const LONG_TEXT_CHARS = 48;

export type ChangeLook = 'pair' | 'words' | 'json';

const isTree = (value: unknown) => typeof value === 'object' && value !== null;

export function changeLook({ old, new: next }: { old?: unknown; new?: unknown }): ChangeLook {
  if (isTree(old) || isTree(next)) return 'json';
  if (typeof old !== 'string' || typeof next !== 'string' || old === '' || next === '') return 'pair';
  return Math.max(old.length, next.length) > LONG_TEXT_CHARS || /\n/.test(old + next) ? 'words' : 'pair';
}
