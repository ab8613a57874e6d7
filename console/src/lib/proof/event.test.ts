/** An event, its proof and its key as a server gave them; and that nothing of them can be changed unseen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { verifyEvent, type EventReport, type EventStepName } from './event';
import { fixtureText, signer } from './fixtures/log';

interface Captured {
  readonly verifier_key: string;
  readonly event_json: string;
  readonly proof_json: string;
  readonly tlog_proof: string;
}

type Json = Record<string, unknown>;

const captured = JSON.parse(fixtureText('captured.json')) as Captured;
const eventOf = () => JSON.parse(captured.event_json) as Json;
const proofOf = () => JSON.parse(captured.proof_json) as Json;
const { verifier_key: verifierKey } = captured;

const verify = (event: unknown, proof: unknown, key = verifierKey) =>
  verifyEvent({ event, proof, verifierKey: key });

/** The names of the steps that failed, and of those that were not done behind a “?”. */
const wrong = (report: EventReport): string[] =>
  report.steps
    .filter(({ state }) => state !== 'ok')
    .map(({ name, state }) => (state === 'failed' ? name : `${name}?`));

/** A base64 text with one bit of one byte changed. */
function flipped(base64: unknown, at = 0, bits = 1): string {
  const bytes = Buffer.from(String(base64), 'base64');
  bytes[at] = (bytes[at] ?? 0) ^ bits;
  return bytes.toString('base64');
}

describe('an event that a server recorded', () => {
  it.each([
    ['JSON', proofOf()],
    ['text', captured.tlog_proof],
  ])('is verified with its proof as %s', async (_, proof) => {
    const report = await verify(eventOf(), proof);
    expect(wrong(report)).toEqual([]);
    expect(report.verdict).toBe('verified');
    expect(report.entry?.eventId).toBe(eventOf()['id']);
    expect(String(report.checkpoint?.size)).toBe(String(proofOf()['size']));
  });

  const tampered: [string, EventStepName[] | string[], (event: Json, proof: Json) => void][] = [
    ['the action shown', ['event'], (event) => (event['action'] = 'guardrail.removed')],
    ['a member shown that was not recorded', ['event'], (event) => (event['reason'] = 'none')],
    ['a member not shown that was recorded', ['event'], (event) => delete event['description']],
    ['a number deep within', ['event'], (event) => ((event['request'] as Json)['status'] = 201)],
    [
      'the last bit of a fraction',
      ['event'],
      (event) => (((event['changes'] as Json[])[0] ?? {})['old'] = 0.3),
    ],
    ['the order of a list', ['event'], (event) => (event['changes'] as Json[]).reverse()],
    ['half a character in a text', ['event'], (event) => (event['description'] = 'A\ud83d')],
    ['the id shown', ['event'], (event) => (event['id'] = '01a201b8-0e60-758f-b05f-c4431524e45c')],
    [
      'the time of receipt shown',
      ['event'],
      (event) => (event['received_at'] = '2026-11-22T05:26:09.248361Z'),
    ],
    ['the number shown', ['inclusion'], (event) => (event['index'] = Number(event['index']) - 1)],
    ['the salt', ['event'], (_, proof) => (proof['salt'] = flipped(proof['salt']))],
    ['the salt, too short', ['event'], (_, proof) => (proof['salt'] = 'AAAA')],
    ['the salt, gone as after an erasure', ['event?'], (_, proof) => (proof['salt'] = null)],
    ['the salt, left out', ['event'], (_, proof) => delete proof['salt']],
    [
      'the commitment in the entry',
      ['event', 'leaf', 'inclusion'],
      (_, proof) => (proof['entry'] = flipped(proof['entry'], 56)),
    ],
    [
      'the id in the entry',
      ['event', 'leaf', 'inclusion'],
      (_, proof) => (proof['entry'] = flipped(proof['entry'], 1)),
    ],
    [
      'the time in the entry',
      ['event', 'leaf', 'inclusion'],
      (_, proof) => (proof['entry'] = flipped(proof['entry'], 17)),
    ],
    [
      'the version of the entry',
      ['event?', 'leaf', 'inclusion?'],
      (_, proof) => (proof['entry'] = flipped(proof['entry'], 0)),
    ],
    ['the hash of the leaf', ['leaf'], (_, proof) => (proof['leaf_hash'] = flipped(proof['leaf_hash']))],
    ['the index', ['inclusion'], (_, proof) => (proof['index'] = Number(proof['index']) - 1)],
    ['the index, a fraction', ['inclusion'], (_, proof) => (proof['index'] = 0.5)],
    [
      'a hash',
      ['inclusion'],
      (_, proof) => ((proof['hashes'] as string[])[1] = flipped((proof['hashes'] as string[])[1])),
    ],
    ['one hash less', ['inclusion'], (_, proof) => (proof['hashes'] as string[]).pop()],
    [
      '66 hashes',
      ['inclusion'],
      (_, proof) => (proof['hashes'] = Array.from({ length: 66 }, () => proof['root'])),
    ],
    [
      'the size beside the checkpoint',
      ['inclusion'],
      (_, proof) => (proof['size'] = Number(proof['size']) + 1),
    ],
    ['the root beside the checkpoint', ['inclusion'], (_, proof) => (proof['root'] = flipped(proof['root']))],
    [
      'the origin beside the checkpoint',
      ['signature'],
      (_, proof) => (proof['origin'] = 'evident.localhost/other'),
    ],
    [
      'the size in the checkpoint',
      ['inclusion', 'signature'],
      (_, proof) => (proof['checkpoint'] = String(proof['checkpoint']).replace('\n2', '\n3')),
    ],
    [
      'a checkpoint that is no note',
      ['inclusion?', 'signature'],
      (_, proof) => (proof['checkpoint'] = 'none'),
    ],
  ];

  it.each(tampered)('fails at the right step with %s changed', async (_, steps, change) => {
    const [event, proof] = [eventOf(), proofOf()];
    change(event, proof);
    const report = await verify(event, proof);
    expect(wrong(report)).toEqual(steps);
    expect(report.verdict).toBe(steps.some((name) => !name.endsWith('?')) ? 'failed' : 'incomplete');
    for (const step of report.steps) expect(step.reason).toMatch(/^[^\n]{10,300}\.$/);
  });

  it('fails at the signature with another key, the key of another log, or no key', async () => {
    const name = verifierKey.split('+')[0] ?? '';
    for (const key of [(await signer(name)).verifierKey, (await signer('other')).verifierKey, '', 'a+b+c']) {
      expect(wrong(await verify(eventOf(), proofOf(), key))).toEqual(['signature']);
    }
  });

  it('is not verified where the browser cannot check signatures, and does not fail either', async () => {
    const check = () => Promise.resolve('unsupported' as const);
    const report = await verifyEvent({ event: eventOf(), proof: proofOf(), verifierKey, check });
    expect(wrong(report)).toEqual(['signature?']);
    expect(report.verdict).toBe('incomplete');
  });

  it('is not verified where the check itself breaks', async () => {
    const check = () => Promise.reject(new Error('broken'));
    const report = await verifyEvent({ event: eventOf(), proof: proofOf(), verifierKey, check });
    expect(report.verdict).toBe('incomplete');
  });

  it('is not verified with any character of the answer’s text changed', async () => {
    // `extra` is under no signature, but what it opens is compared.
    const texts = fc.tuple(fc.nat(captured.tlog_proof.length - 1), fc.integer({ min: 1, max: 127 }));
    await fc.assert(
      fc.asyncProperty(texts, async ([at, flip]) => {
        const unit = captured.tlog_proof.charCodeAt(at) ^ flip;
        const text =
          captured.tlog_proof.slice(0, at) + String.fromCharCode(unit) + captured.tlog_proof.slice(at + 1);
        expect((await verify(eventOf(), text)).verdict).not.toBe('verified');
      }),
      { numRuns: 400 },
    );
  });

  it('is not verified with any other value at any place of the event', async () => {
    const places: string[][] = [];
    const walk = (value: unknown, path: string[]) => {
      if (path.length > 0) places.push(path);
      if (typeof value === 'object' && value !== null) {
        for (const [name, member] of Object.entries(value)) walk(member, [...path, name]);
      }
    };
    walk(eventOf(), []);
    expect(places.length).toBeGreaterThan(40);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), async (path, value) => {
        const event = eventOf();
        let parent = event;
        for (const name of path.slice(0, -1)) parent = parent[name] as Json;
        const last = path.at(-1) ?? '';
        fc.pre(JSON.stringify(parent[last]) !== JSON.stringify(value));
        Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
        const report = await verify(event, proofOf());
        expect(report.verdict).toBe('failed');
      }),
      { numRuns: 200 },
    );
  });
});

describe('whatever the server answers', () => {
  it('is judged and never thrown out of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), fc.string(), async (event, proof, key) => {
        expect((await verify(event, proof, key)).verdict).not.toBe('verified');
      }),
    );
  });

  it('is judged member by member', async () => {
    const name = fc.constantFrom(...Object.keys(proofOf()));
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (member, value) => {
        const proof = { ...proofOf(), [member]: value };
        expect((await verify(eventOf(), proof)).verdict).not.toBe('verified');
      }),
      { numRuns: 300 },
    );
  });

  it('is bounded: huge answers are refused soon', async () => {
    const huge = 'A'.repeat(4 * 1024 * 1024);
    const proof = { ...proofOf(), entry: huge, salt: huge, checkpoint: huge, origin: huge };
    expect((await verify(eventOf(), proof)).verdict).toBe('failed');
    expect((await verify(eventOf(), huge)).verdict).toBe('failed');
    const base64 = 'A'.repeat(1024 * 1024 - 400);
    const checkpoint =
      String(proofOf()['checkpoint']) + `— x ${base64.slice(0, -(base64.length % 4) || undefined)}\n`;
    // A long signature of somebody unknown is ignored, as the format says.
    expect((await verify(eventOf(), { ...proofOf(), checkpoint })).verdict).toBe('verified');
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(wrong(await verify({ ...eventOf(), metadata: deep }, proofOf()))).toEqual(['event']);
    expect(wrong(await verify({ ...eventOf(), metadata: { huge } }, proofOf()))).toEqual(['event']);
  });

  it('disguises no sentence: marks of direction and controls are replaced in what is repeated', async () => {
    const report = await verify(eventOf(), { ...proofOf(), origin: '\u202egnorts\u0000\ud83d' });
    const reason = report.steps.find(({ name }) => name === 'signature')?.reason;
    expect(reason).toContain('“\ufffdgnorts\ufffd\ufffd”');
  });
});
