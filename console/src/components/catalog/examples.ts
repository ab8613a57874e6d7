/** An example event of a type, and the call that sends it. Every value in it is one that the server takes. */
import type { CatalogEntry, CatalogField } from '../../api/catalog';
import { quotedForShell } from '../proof/auditor-commands';

export const LANGUAGES = [
  { id: 'curl', label: 'curl' },
  { id: 'javascript', label: 'JavaScript' },
  { id: 'python', label: 'Python' },
] as const;
export type Language = (typeof LANGUAGES)[number]['id'];

function sampleText({ key }: CatalogField): string {
  if (key.endsWith('_id')) return `${key.slice(0, -'_id'.length)}_123`;
  if (key === 'url' || key.endsWith('_url')) return 'https://example.com/path';
  if (key.endsWith('email')) return 'ada@example.com';
  if (key.endsWith('version')) return 'v2';
  if (key.endsWith('_name') || key === 'name') return 'Example';
  return 'example';
}

/** A value that the field takes. */
export function sampleOf(field: CatalogField): unknown {
  switch (field.type) {
    case 'integer':
      return 3;
    case 'number':
      return 0.75;
    case 'boolean':
      return true;
    case 'yes_no':
      return 'yes';
    case 'duration':
      return '30s';
    case 'string_list':
      return ['first', 'second'];
    default:
      return sampleText(field);
  }
}

/** Kept for the server's own records of who read the log. */
const OWN_ACTION = 'audit_log.read';

/** Whether clients may send it. */
export function maySend({ action }: CatalogEntry): boolean {
  return action !== OWN_ACTION;
}

/** The event as a client sends it. */
export function exampleOf(entry: CatalogEntry): Record<string, unknown> {
  const kind = entry.action.split('.')[0] ?? 'resource';
  const metadata = Object.fromEntries(entry.metadata.map((field) => [field.key, sampleOf(field)]));
  return {
    action: entry.action,
    actor: { type: 'user', id: 'usr_123', name: 'Ada Obi', email: 'ada@example.com' },
    targets: [{ type: kind, id: `${kind}_123`, name: 'Example' }],
    ...(entry.level !== 'organization' && { project_id: 'prj_123' }),
    result: 'success',
    context: { ip: '203.0.113.7' },
    ...(entry.metadata.length > 0 && { metadata }),
  };
}

const indented = (value: unknown) => JSON.stringify(value, null, 2);

/** JSON as Python writes it. Keys and texts are the same in both. */
export function pythonOf(value: unknown, depth = 0): string {
  const pad = '    '.repeat(depth + 1);
  const end = `\n${'    '.repeat(depth)}`;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => `${pad}${pythonOf(item, depth + 1)},`);
    return items.length === 0 ? '[]' : `[\n${items.join('\n')}${end}]`;
  }
  const members = Object.entries(value).map(
    ([key, member]) => `${pad}${JSON.stringify(key)}: ${pythonOf(member, depth + 1)},`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join('\n')}${end}}`;
}

const CALLS: Record<Language, (server: string, event: unknown) => string> = {
  curl: (server, event) =>
    [
      `curl -sS ${quotedForShell(`${server}/v1/events`)} \\`,
      '  -H "Authorization: Bearer $EVIDENT_API_KEY" -H \'content-type: application/json\' \\',
      `  -d ${quotedForShell(indented(event))}`,
    ].join('\n'),
  javascript: (server, event) =>
    [
      `const response = await fetch(${JSON.stringify(`${server}/v1/events`)}, {`,
      "  method: 'POST',",
      '  headers: {',
      '    authorization: `Bearer ${process.env.EVIDENT_API_KEY}`,',
      "    'content-type': 'application/json',",
      '  },',
      `  body: JSON.stringify(${indented(event).replaceAll('\n', '\n  ')}),`,
      '});',
      'if (!response.ok) throw new Error(await response.text());',
    ].join('\n'),
  python: (server, event) =>
    [
      'import os',
      'import requests',
      '',
      'response = requests.post(',
      `    ${JSON.stringify(`${server}/v1/events`)},`,
      '    headers={"Authorization": f"Bearer {os.environ[\'EVIDENT_API_KEY\']}"},',
      `    json=${pythonOf(event, 1)},`,
      ')',
      'response.raise_for_status()',
    ].join('\n'),
};

/** The call that sends the event, in a language. */
export function callIn(language: Language, server: string, event: unknown): string {
  return CALLS[language](server, event);
}
