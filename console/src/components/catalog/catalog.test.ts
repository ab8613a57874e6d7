import { describe, expect, it } from 'vitest';

import type { CatalogEntry, CatalogField, FieldType } from '../../api/catalog';
import { Problem } from '../../api/problem';
import {
  documentOf,
  draftOf,
  EMPTY_DRAFT,
  EMPTY_FIELD,
  FIELD_TYPES,
  mistakeAt,
  otherMistakes,
} from './draft';
import { callIn, exampleOf, pythonOf, sampleOf } from './examples';
import { byCategory, findEntries, mayBeOwn, readWanted, writeWanted } from './finding';

const ENTRY: CatalogEntry = {
  action: 'invoice.paid',
  name: 'Invoice paid',
  aliases: ['Bill settled'],
  category: 'Invoices',
  event_type: 'User Actions',
  badge: 'Invoice',
  level: 'project',
  description: 'An invoice was paid.',
  metadata: [{ key: 'invoice_id', label: 'Invoice number', type: 'string', required: true }],
};
const LOGIN: CatalogEntry = {
  ...ENTRY,
  action: 'user.login',
  name: 'Login',
  aliases: [],
  category: 'Login/Logout',
  event_type: 'Security Events',
  badge: 'Sign-in',
  level: 'organization',
  metadata: [],
};
const ANY = { text: '', eventType: undefined, level: undefined };

describe('a search of the catalog', () => {
  it('finds by name, action, alias and metadata, all words at once, in any case', () => {
    for (const text of ['PAID', 'invoice.paid', 'settled', 'invoice_id', 'number', 'paid settled']) {
      expect(findEntries([ENTRY, LOGIN], { ...ANY, text })).toEqual([ENTRY]);
    }
    expect(findEntries([ENTRY, LOGIN], { ...ANY, text: 'paid login' })).toEqual([]);
  });

  it('keeps only the type and the level that are wanted', () => {
    expect(findEntries([ENTRY, LOGIN], { ...ANY, eventType: 'Security Events' })).toEqual([LOGIN]);
    expect(findEntries([ENTRY, LOGIN], { ...ANY, level: 'project' })).toEqual([ENTRY]);
  });

  it('lives in the address, and takes nothing from it that means nothing', () => {
    const wanted = { text: 'a b', eventType: 'Policy Changes' as const, level: 'agent' as const };
    expect(readWanted(writeWanted(wanted))).toEqual(wanted);
    expect(readWanted({ q: ['a', 'b'], event_type: 'Nonsense', level: '7' })).toEqual(ANY);
  });

  it('groups by category in the order of the catalog', () => {
    expect(
      byCategory([LOGIN, ENTRY, { ...LOGIN, action: 'user.logout' }]).map((group) => group.entries.length),
    ).toEqual([2, 1]);
  });
});

it('takes only the last event types for the organization’s own, as many as there were changes', () => {
  const events = [LOGIN, ENTRY];
  expect(mayBeOwn({ version: '3', events }, 'invoice.paid')).toBe(false);
  expect(mayBeOwn({ version: '3+1', events }, 'invoice.paid')).toBe(true);
  expect(mayBeOwn({ version: '3+1', events }, 'user.login')).toBe(false);
});

describe('an example', () => {
  /** What the server takes for each type. */
  const TAKES: Record<FieldType, (value: unknown) => boolean> = {
    string: (value) => typeof value === 'string',
    integer: (value) => Number.isInteger(value),
    number: (value) => typeof value === 'number',
    boolean: (value) => typeof value === 'boolean',
    yes_no: (value) => value === 'yes' || value === 'no' || typeof value === 'boolean',
    duration: (value) => typeof value === 'number' || /^\d+[smh]$/.test(String(value)),
    string_list: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    any: () => true,
  };

  it('has a value of the right type for every field', () => {
    for (const type of FIELD_TYPES) {
      const field: CatalogField = { key: 'some_key', label: 'Some key', type, required: false };
      expect(TAKES[type](sampleOf(field)), type).toBe(true);
    }
  });

  it('of a level below the organization names a project', () => {
    expect(exampleOf(ENTRY)).toHaveProperty('project_id');
    expect(exampleOf(LOGIN)).not.toHaveProperty('project_id');
  });

  it('is the same event in every language', () => {
    const event = exampleOf(ENTRY);
    const curl = callIn('curl', 'https://audit.example.com', event);
    expect(JSON.parse(/-d '(.*)'$/s.exec(curl)?.[1] ?? '')).toEqual(event);
    const script = callIn('javascript', 'https://audit.example.com', event);
    expect(JSON.parse(/JSON\.stringify\((.*)\),\n\}\);/s.exec(script)?.[1] ?? '')).toEqual(event);
    expect(callIn('python', 'https://audit.example.com', event)).toContain('"action": "invoice.paid",');
  });

  it('is Python where it is Python', () => {
    expect(pythonOf({ a: [true, false, null], b: {}, c: [] })).toBe(
      '{\n    "a": [\n        True,\n        False,\n        None,\n    ],\n    "b": {},\n    "c": [],\n}',
    );
  });
});

describe('the form of an event type', () => {
  it('becomes the document of what was read, without blanks at the ends', () => {
    const draft = { ...draftOf(ENTRY), template: ' {actor} paid ', aliases: ' Bill settled \n\n Paid ' };
    expect(documentOf(draft)).toMatchObject({
      action: 'invoice.paid',
      aliases: ['Bill settled', 'Paid'],
      template: '{actor} paid',
      metadata: [{ key: 'invoice_id', label: 'Invoice number', type: 'string', required: true }],
    });
    expect(documentOf(EMPTY_DRAFT).aliases).toEqual([]);
  });

  it('says of a field whether it is secret only where the person did, since the server asks who did not', () => {
    const field = { ...EMPTY_FIELD, key: 'password' };
    const [said, kept, secret] = (['unsaid', 'kept', 'secret'] as const).map(
      (secrecy) => documentOf({ ...EMPTY_DRAFT, metadata: [{ ...field, secrecy }] }).metadata?.[0],
    );
    expect(said).not.toHaveProperty('secret');
    expect(kept).toHaveProperty('secret', false);
    expect(secret).toHaveProperty('secret', true);
  });

  const problem = (...pointers: string[]) =>
    new Problem(422, {
      code: 'invalid',
      title: 'Invalid',
      detail: 'the whole is wrong',
      errors: pointers.map((pointer) => ({ position: 0, pointer, code: 'x', reason: `wrong at ${pointer}` })),
    });

  it('says each mistake at its field, those within a list at the list', () => {
    const found = problem('/name', '/aliases/1');
    expect(mistakeAt(found, '/name')).toBe('Wrong at /name');
    expect(mistakeAt(found, '/aliases')).toBe('Wrong at /aliases/1');
    expect(mistakeAt(found, '/badge')).toBeUndefined();
    expect(mistakeAt(problem('/names'), '/name')).toBeUndefined();
  });

  it('says above the form what has no field', () => {
    expect(otherMistakes(problem('/name'))).toBeUndefined();
    expect(otherMistakes(problem('/name', '/unknown'))).toBe('wrong at /unknown');
    expect(otherMistakes(problem())).toBe('the whole is wrong');
  });
});
