/**
 * An organization's own rules about what is secret: names of keys, and exceptions from the names.
 *
 * It must hold that names which the server takes for the same are not listed twice, and that somebody else's
 * changes of the rules are not undone by one's own.
 */

/** The most names, and the most exceptions. */
export const MAX_RULES = 256;
/** The longest name or path, in bytes. */
const MAX_RULE_BYTES = 256;
/** The most keys of a path. */
const MAX_PATH_KEYS = 64;
/** What a path may begin with: other parts of an event are not looked at by their names. */
export const PATH_ROOTS = ['actor', 'changes', 'metadata', 'on_behalf_of', 'request', 'targets'] as const;

/** A name as names are compared. */
export function normalName(name: string): string {
  return name.replace(/[-_ ]/g, '').toLowerCase();
}

/** The keys of a path. `\.` is a dot within a key. */
export function keysOf(path: string): string[] {
  const keys: string[] = [''];
  for (const [, escaped, plain] of path.matchAll(/\\([^])|([^])/gu)) {
    if (plain === '.') keys.push('');
    else keys.push((keys.pop() ?? '') + (escaped ?? (plain === '\\' ? '' : (plain ?? ''))));
  }
  return keys;
}

function normalRule(rule: string): string {
  return JSON.stringify(keysOf(rule).map(normalName));
}

/** What is wrong with a name or an exception that is to be added; undefined if nothing is. */
export function wrongWithRule(
  kind: 'names' | 'exceptions',
  text: string,
  there: readonly string[],
): string | undefined {
  const rule = text.trim();
  if (normalName(rule) === '') return 'Write the name of a key';
  if (new TextEncoder().encode(rule).length > MAX_RULE_BYTES) return `At most ${MAX_RULE_BYTES} bytes`;
  const same =
    kind === 'names'
      ? there.find((other) => normalName(other) === normalName(rule))
      : there.find((other) => normalRule(other) === normalRule(rule));
  if (same !== undefined)
    return same === rule ? 'It is listed already' : `It is the same as ${same}, which is listed`;
  if (there.length >= MAX_RULES) return `At most ${MAX_RULES}`;
  return kind === 'exceptions' ? wrongWithPath(keysOf(rule)) : undefined;
}

function wrongWithPath(keys: readonly string[]): string | undefined {
  const [root = ''] = keys;
  if (keys.length === 1) return undefined;
  if (keys.some((key) => normalName(key) === '')) return 'A path has a key between all of its dots';
  if (keys.length > MAX_PATH_KEYS) return `A path has at most ${MAX_PATH_KEYS} keys`;
  if (!PATH_ROOTS.some((allowed) => normalName(allowed) === normalName(root))) {
    return `A path begins with ${PATH_ROOTS.slice(0, -1).join(', ')} or ${PATH_ROOTS.at(-1) ?? ''}`;
  }
  return undefined;
}

export interface Rules {
  readonly names: readonly string[];
  readonly exceptions: readonly string[];
}

export interface RulesChange {
  added: Rules;
  removed: Rules;
}

const without = (all: readonly string[], some: readonly string[]) => all.filter((one) => !some.includes(one));

export function changeOf(before: Rules, after: Rules): RulesChange {
  return {
    added: {
      names: without(after.names, before.names),
      exceptions: without(after.exceptions, before.exceptions),
    },
    removed: {
      names: without(before.names, after.names),
      exceptions: without(before.exceptions, after.exceptions),
    },
  };
}

export function changesNothing({ added, removed }: RulesChange): boolean {
  return [added, removed].every(({ names, exceptions }) => names.length === 0 && exceptions.length === 0);
}

/** The rules as they are now, with the change made to them: others may have changed them meanwhile. */
export function changed(
  now: Rules,
  { added, removed }: RulesChange,
): { names: string[]; exceptions: string[] } {
  const put = (list: 'names' | 'exceptions') => [
    ...new Set([...without(now[list], removed[list]), ...added[list]]),
  ];
  return { names: put('names'), exceptions: put('exceptions') };
}
