/**
 * Fields: what a path such as `actor.email` or `metadata.model_id` means.
 *
 * This is the server's table, so that a search is understood here exactly as it will be there: a
 * root, then keys. It must hold that what is a field here is one there, and the reverse, and that
 * two spellings of one field have one name.
 */
import { nearest } from './nearest';

/** The longest path, in bytes as it is written. */
export const MAX_PATH_BYTES = 1024;

/** What a member of the record holds: one value, whatever the sender put there, or what is only kept. */
type Members = Readonly<Record<string, 'scalar' | 'anything' | 'not_indexed'>>;

interface Root {
  readonly holds: 'scalar' | 'anything' | Members;
  /** The root alone is a field too: a person, by any of what they are known by. */
  readonly isParty?: true;
}

const PARTY: Members = {
  type: 'scalar',
  id: 'scalar',
  name: 'scalar',
  email: 'scalar',
  metadata: 'anything',
};

const CONTEXT: Members = {
  ip: 'scalar',
  user_agent: 'scalar',
  session_id: 'scalar',
  run_id: 'scalar',
  trace_id: 'scalar',
  span_id: 'scalar',
};

const REQUEST: Members = {
  method: 'scalar',
  path: 'scalar',
  status: 'scalar',
  body: 'not_indexed',
  response: 'not_indexed',
};

const SCALARS = [
  'id',
  'index',
  'action',
  'event',
  'name',
  'category',
  'event_type',
  'badge',
  'level',
  'catalog_version',
  'occurred_at',
  'received_at',
  'organization_id',
  'project_id',
  'result',
  'reason',
  'description',
  'attempt_id',
  'phase',
];

/** In the order of the server's table: the first of equally near names is suggested. */
const ROOTS: ReadonlyMap<string, Root> = new Map<string, Root>([
  ...SCALARS.map((name): [string, Root] => [name, { holds: 'scalar' }]),
  ['user', { holds: {}, isParty: true }],
  ['actor', { holds: PARTY }],
  ['authority', { holds: PARTY, isParty: true }],
  ['on_behalf_of', { holds: PARTY }],
  ['target', { holds: PARTY }],
  ['changes', { holds: { field: 'scalar', old: 'not_indexed', new: 'not_indexed' } }],
  ['context', { holds: CONTEXT }],
  ['request', { holds: REQUEST }],
  ['metadata', { holds: 'anything' }],
]);

/** Other spellings of roots. */
const SAME_ROOT: ReadonlyMap<string, string> = new Map([['targets', 'target']]);
const IGNORING_CASE = new Set(['event', 'category', 'user']);
const EXACT_ONLY = new Set(['id', 'context.trace_id', 'context.span_id']);

/** A field of the event. */
export interface Field {
  /** Its path, spelled the same way however it was given. */
  readonly name: string;
  readonly keys: readonly string[];
  /** Its values are compared without regard to case. */
  readonly ignoresCase: boolean;
  /** It takes whole values only: no patterns, no facets, no splits, no completions. */
  readonly isExactOnly: boolean;
}

/** Why a text is no field. Codes are those of the API. */
export interface FieldMistake {
  readonly code: 'bad_field' | 'unknown_field' | 'not_indexed';
  readonly message: string;
  readonly suggestion?: string;
}

/** A text as a field, or why it is none. */
export type FieldRead =
  { readonly ok: true; readonly field: Field } | { readonly ok: false; readonly mistake: FieldMistake };

/** The number of bytes that a text has in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Writes a key of a path, so that it is read back as one key. */
export function escapeKey(key: string): string {
  return key.replace(/[.:\\]/g, '\\$&');
}

/** The path of these keys. */
export function pathOf(keys: readonly string[]): string {
  return keys.map(escapeKey).join('.');
}

/** The keys of a path; undefined if an escape or a key is not whole. */
function splitKeys(text: string): string[] | undefined {
  if (byteLength(text) > MAX_PATH_BYTES) return undefined;
  const keys: string[] = [];
  let key = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '.') {
      keys.push(key);
      key = '';
    } else if (char === '\\') {
      at += 1;
      const escaped = text.charAt(at);
      if (escaped === '' || !'.:\\'.includes(escaped)) return undefined;
      key += escaped;
    } else {
      key += char;
    }
  }
  keys.push(key);
  return keys.includes('') ? undefined : keys;
}

function mistaken(code: FieldMistake['code'], message: string, suggestion?: string): FieldRead {
  return { ok: false, mistake: { code, message, ...(suggestion === undefined ? {} : { suggestion }) } };
}

function membersOf(root: Root): Members {
  return typeof root.holds === 'string' ? {} : root.holds;
}

/** The path that ends in a name, where its root was forgotten: `ip` for `context.ip`. */
function innerMember(name: string): string | undefined {
  for (const [rootName, root] of ROOTS) {
    const members = membersOf(root);
    if (Object.hasOwn(members, name) && members[name] === 'scalar') return `${rootName}.${name}`;
  }
  return undefined;
}

function unknownRoot(name: string): FieldRead {
  const suggestion = innerMember(name) ?? nearest(name, ROOTS.keys());
  return mistaken('unknown_field', `There is no field “${name}”.`, suggestion);
}

/** Refuses keys that no event can have below a root. */
function walk(rootName: string, root: Root, rest: readonly string[]): FieldRead | undefined {
  const [key, ...below] = rest;
  if (root.holds === 'anything') {
    if (key !== undefined) return undefined;
    return mistaken('unknown_field', `${rootName} holds keys of your own: name one.`);
  }
  if (root.holds === 'scalar') {
    if (key === undefined) return undefined;
    return mistaken('unknown_field', `${rootName} is one value and has no fields of its own.`, rootName);
  }
  const members = Object.keys(root.holds);
  if (key === undefined) {
    const second = members[1] === undefined ? undefined : `${rootName}.${members[1]}`;
    return mistaken('unknown_field', `${rootName} has several fields: ${members.join(', ')}.`, second);
  }
  const holds = Object.hasOwn(root.holds, key) ? root.holds[key] : undefined;
  const at = `${rootName}.${key}`;
  if (holds === undefined) return unknownMember(rootName, key, members);
  if (holds === 'not_indexed') {
    return mistaken('not_indexed', `${at} is kept with the event, but cannot be searched.`);
  }
  if (holds === 'anything' && below.length === 0) {
    return mistaken('unknown_field', `${at} holds keys of your own: name one.`);
  }
  if (holds === 'scalar' && below.length > 0) {
    return mistaken('unknown_field', `${at} is one value and has no fields of its own.`, at);
  }
  return undefined;
}

function unknownMember(rootName: string, key: string, members: readonly string[]): FieldRead {
  if (members.length === 0) {
    const actor = `actor.${escapeKey(key)}`;
    const isField = Object.hasOwn(PARTY, key) && key !== 'metadata';
    const message = `${rootName} is one value and has no fields of its own.`;
    return mistaken('unknown_field', message, isField ? actor : undefined);
  }
  const close = nearest(key, members);
  const message = `${rootName} has no field “${key}”: it has ${members.join(', ')}.`;
  return mistaken('unknown_field', message, close === undefined ? undefined : `${rootName}.${close}`);
}

/** Reads a path. Inside a key, `\.`, `\:` and `\\` stand for a dot, a colon and a backslash. */
export function readField(text: string): FieldRead {
  const keys = splitKeys(text);
  if (keys === undefined) {
    return mistaken('bad_field', 'A field is keys joined by dots, such as actor.email.');
  }
  const [first = '', ...rest] = keys;
  const rootName = SAME_ROOT.get(first) ?? first;
  const root = ROOTS.get(rootName);
  if (root === undefined) return unknownRoot(first);
  const isAlone = rest.length === 0 && root.isParty === true;
  const refused = isAlone ? undefined : walk(rootName, root, rest);
  if (refused !== undefined) return refused;
  const name = pathOf([rootName, ...rest]);
  const field: Field = {
    name,
    keys: [rootName, ...rest],
    ignoresCase: IGNORING_CASE.has(rootName),
    isExactOnly: EXACT_ONLY.has(name),
  };
  return { ok: true, field };
}

/** The names of all fields that every event may have. */
export function everyField(): readonly string[] {
  return [...ROOTS].flatMap(([name, root]) => {
    const members = Object.entries(membersOf(root)).filter(([, holds]) => holds === 'scalar');
    const own = root.holds === 'scalar' || root.isParty === true ? [name] : [];
    return [...own, ...members.map(([member]) => `${name}.${member}`)];
  });
}

/** A path, spelled as the server spells it; undefined if it is no field. */
export function fieldName(text: string): string | undefined {
  const read = readField(text);
  return read.ok ? read.field.name : undefined;
}

/** Members of the record that are a column as a whole, and another spelling of theirs. */
function isMemberColumn(text: string): boolean {
  const [first = '', second, ...more] = text.split('.');
  const root = ROOTS.get(SAME_ROOT.get(first) ?? first);
  if (root === undefined || root.holds === 'scalar' || more.length > 0) return false;
  if (second === undefined) return root.isParty !== true;
  const members = membersOf(root);
  return Object.hasOwn(members, second) && members[second] !== 'scalar';
}

/** Whether a text names a column: a field, or a member that is shown as its JSON. */
export function isColumn(text: string): boolean {
  return isMemberColumn(text) || fieldName(text) !== undefined;
}

/** Whether values of a field can be counted: in facets, in the splits of a histogram. */
export function isCountable(text: string): boolean {
  const read = readField(text);
  return read.ok && !read.field.isExactOnly;
}
