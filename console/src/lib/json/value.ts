/**
 * JSON values as `JSON.parse` gives them: their members in one order, equality, and where in a whole
 * value one stands.
 *
 * What does not come from `JSON.parse` (undefined, functions) counts as null, so that nothing here throws.
 */

/** A value's kind. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

export function kindOf(value: unknown): JsonKind {
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : 'object';
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value as 'string' | 'number' | 'boolean';
    default:
      return 'null';
  }
}

/** The items of an array; none of anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The members of an object in the order in which it has them; none of anything else. */
export function membersOf(value: unknown): [name: string, value: unknown][] {
  return kindOf(value) === 'object' ? Object.entries(value as object) : [];
}

/** RFC 6901: the pointer to a member or an item of the value that `pointer` points to. */
export function pointerTo(pointer: string, token: string | number): string {
  return `${pointer}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/**
 * A text that two values share just if they are equal, whatever the order of their members. Values
 * nested deeper than `maxDepth` levels count as equal from there on.
 */
export function stableText(value: unknown, maxDepth: number): string {
  const kind = kindOf(value);
  if (kind === 'array') {
    if (maxDepth === 0) return '[…]';
    return `[${itemsOf(value)
      .map((item) => stableText(item, maxDepth - 1))
      .join(',')}]`;
  }
  if (kind === 'object') {
    if (maxDepth === 0) return '{…}';
    const members = membersOf(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const texts = members.map(
      ([name, member]) => `${JSON.stringify(name)}:${stableText(member, maxDepth - 1)}`,
    );
    return `{${texts.join(',')}}`;
  }
  return kind === 'null' ? 'null' : JSON.stringify(value);
}
