import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Event } from '../../api/events';
import { readFilter, writeFilter } from '../../lib/query/filters';
import { pathOf } from '../../lib/query/fields';
import { filterOf } from './about';
import { agoLabel } from './ago';
import { halvesOf } from './attempts';
import { parsedBody } from './bodies';
import { changeLook } from './change-look';
import { metadataRows, plainItems } from './metadata-rows';
import { MAX_PLACEHOLDERS, redactedPieces } from './redacted';

const PLACEHOLDER = '[redacted:aa80f028d2bec42e3c71ca89070885a7]';

function event(part: Partial<Event>): Event {
  return {
    index: 1,
    id: 'a',
    action: 'workflow.deployed',
    name: 'Workflow deployed',
    category: 'Workflows',
    event_type: 'Agent Operations',
    badge: 'Workflow',
    level: 'workflow',
    catalog_version: '3',
    occurred_at: '2026-11-20T22:52:00.000000Z',
    received_at: '2026-11-20T22:52:00.000000Z',
    actor: { type: 'user', id: 'usr_1' },
    organization_id: 'org_1',
    result: 'success',
    phase: 'outcome',
    ...part,
  };
}

describe('the filter that a value makes', () => {
  it('compares what is no text by its JSON, as the server does', () => {
    expect(filterOf({ label: '', field: 'metadata.on', text: 'true', value: true })?.value).toBe('true');
    expect(filterOf({ label: '', field: 'index', text: '1,234', value: 1234 })?.value).toBe('1234');
  });

  it('is none where the server keeps the value without an index, or would not take it', () => {
    const no = { label: '', text: 'x' };
    expect(filterOf(no)).toBeUndefined();
    expect(filterOf({ ...no, field: 'request.body' })).toBeUndefined();
    expect(filterOf({ ...no, field: 'metadata.a', value: { deep: 1 } })).toBeUndefined();
    expect(filterOf({ ...no, field: 'metadata.a', value: null })).toBeUndefined();
    expect(filterOf({ ...no, field: 'reason', text: 'ß'.repeat(513) })).toBeUndefined();
    expect(filterOf({ ...no, field: 'reason', text: 'ß'.repeat(512) })).toBeDefined();
  });

  it('finds keys whatever a sender called them', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (key, text) => {
        const filter = filterOf({ label: '', field: pathOf(['metadata', key]), text });
        expect(filter === undefined ? undefined : readFilter(writeFilter(filter))).toEqual(filter);
        expect(filter?.field).toBe(pathOf(['metadata', key]));
      }),
    );
  });
});

describe('an attempt and its outcome', () => {
  const attempt = event({ id: 'attempt', phase: 'attempt', attempt_id: 'att_1', index: 1 });
  const outcome = event({ id: 'outcome', phase: 'outcome', attempt_id: 'att_1', index: 2 });

  it('stand on their sides, whichever of them is looked at', () => {
    expect(halvesOf(attempt, [outcome, attempt])).toMatchObject({ attempt, outcome });
    expect(halvesOf(outcome, [outcome, attempt])).toMatchObject({ attempt, outcome });
  });

  it('are not joined to what belongs to another attempt', () => {
    const other = event({ id: 'other', phase: 'outcome', attempt_id: 'att_2', index: 3 });
    expect(halvesOf(attempt, [other]).outcome).toBeUndefined();
  });

  it('take the newest of several outcomes, and count the others', () => {
    const second = event({ ...outcome, id: 'second', index: 9 });
    expect(halvesOf(attempt, [outcome, second])).toMatchObject({ outcome: second, moreOutcomes: 1 });
    expect(halvesOf(outcome, [second, attempt])).toMatchObject({ outcome, moreOutcomes: 1 });
  });
});

describe('placeholders of what was redacted', () => {
  it('are told apart without losing a character', () => {
    expect(redactedPieces(`a ${PLACEHOLDER} b`).map(({ isRedacted }) => isRedacted)).toEqual([
      false,
      true,
      false,
    ]);
    const pieces = fc.array(fc.oneof(fc.string(), fc.constant(PLACEHOLDER), fc.constant('[redacted:')));
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        expect(
          redactedPieces(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it('are only so many', () => {
    const pieces = redactedPieces(PLACEHOLDER.repeat(MAX_PLACEHOLDERS * 3));
    expect(pieces.filter(({ isRedacted }) => isRedacted)).toHaveLength(MAX_PLACEHOLDERS);
    expect(pieces).toHaveLength(MAX_PLACEHOLDERS + 1);
  });

  it('are no others than the server writes', () => {
    expect(redactedPieces('[redacted:zz]').some(({ isRedacted }) => isRedacted)).toBe(false);
  });
});

describe('a change', () => {
  it('is shown by its words where both sides are long, and never where one side is not there', () => {
    const long = 'word '.repeat(20);
    expect(changeLook({ old: long, new: `${long}more` })).toBe('words');
    expect(changeLook({ new: long })).toBe('pair');
    expect(changeLook({ old: long, new: null })).toBe('pair');
    expect(changeLook({ old: 'a', new: 'b' })).toBe('pair');
    expect(changeLook({ old: 'a\nb', new: 'a' })).toBe('words');
  });

  it('is shown by its members where either side has some', () => {
    expect(changeLook({ old: { a: 1 }, new: 'x' })).toBe('json');
    expect(changeLook({ old: 1, new: [1] })).toBe('json');
  });
});

describe('metadata', () => {
  it('has the labels of the catalog, and stands in its order before the rest', () => {
    const entry = {
      metadata: [
        { key: 'b', label: 'The B', type: 'string' as const, required: false },
        { key: 'a', label: 'The A', type: 'string' as const, required: false },
      ],
    };
    const rows = metadataRows({ z_id: 1, a: 2, b: 3 }, entry);
    expect(rows.map(({ label }) => label)).toEqual(['The B', 'The A', 'Z ID']);
  });

  it('names its filters so that dots in a key are no steps', () => {
    expect(metadataRows({ 'a.b': 1 }, undefined)[0]?.field).toBe('metadata.a\\.b');
  });

  it('shows short lists of plain values one by one', () => {
    expect(plainItems(['a', 1, null])).toEqual(['a', 1, null]);
    expect(plainItems([{ a: 1 }])).toBeUndefined();
    expect(plainItems([])).toBeUndefined();
    expect(plainItems(Array.from({ length: 21 }, () => 'x'))).toBeUndefined();
  });
});

describe('a body', () => {
  it('that was sent as text is read, and left as it is where it is no JSON', () => {
    expect(parsedBody('{"a": 1}')).toEqual({ shown: { a: 1 }, wasText: true });
    expect(parsedBody('{"a": ')).toEqual({ shown: '{"a": ', wasText: false });
    expect(parsedBody('42')).toEqual({ shown: '42', wasText: false });
    expect(parsedBody(null)).toEqual({ shown: null, wasText: false });
  });
});

it('says how many days ago something was, where lists say its date', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  expect(agoLabel('2026-11-10T12:00:00Z', 'UTC', now)).toBe('12 days ago');
  expect(agoLabel('2026-11-22T11:59:00Z', 'UTC', now)).toBe('1 min ago');
  expect(agoLabel('2026-11-27T12:00:00Z', 'UTC', now)).toBe('in 5 days');
  expect(agoLabel('no time', 'UTC', now)).toBe('');
});
