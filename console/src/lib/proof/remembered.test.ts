import { describe, expect, it } from 'vitest';

import { consistency, fixtureText, leaf, leaves, signer, type Signer } from './fixtures/log';
import { verifyGrowth } from './growth';
import {
  compareWithRemembered,
  deserialize,
  isAlarm,
  serialize,
  type Seen,
  type Sighting,
} from './remembered';

const NOW = '2026-11-22T05:00:00Z';
const BEFORE = '2026-11-01T00:00:00Z';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** The server's answer on consistency. */
const answer = async (log: Signer, from: number, to: number) => ({
  from,
  to,
  hashes: consistency(from, leaves(to)).map(base64),
  checkpoint: await log.checkpoint(to),
});

const remembers = async (log: Signer, size: number, otherRoot?: Uint8Array) =>
  serialize({
    verifierKey: log.verifierKey,
    checkpoint: await log.checkpoint(size, otherRoot),
    seenAt: BEFORE,
  });

async function look(
  log: Signer,
  remembered: string | null,
  newest: string,
  rest: Partial<Sighting> = {},
): Promise<Seen> {
  const seen = await compareWithRemembered({
    remembered,
    newest,
    verifierKey: log.verifierKey,
    now: NOW,
    ...rest,
  });
  // Evidence is never overwritten.
  const mayRemember = ['first_seen', 'same', 'extends'].includes(seen.verdict);
  expect(seen.remember !== undefined).toBe(mayRemember);
  expect(isAlarm(seen.verdict)).toBe(!mayRemember && !['needs_proof', 'unsupported'].includes(seen.verdict));
  return seen;
}

describe('a log that is looked at again', () => {
  it('is remembered when it is first seen, and found the same', async () => {
    const log = await signer();
    const newest = await log.checkpoint(7);
    const first = await look(log, null, newest);
    expect(first).toMatchObject({ verdict: 'first_seen', newest: { size: 7n } });
    expect(deserialize(first.remember ?? '')).toEqual({
      verifierKey: log.verifierKey,
      checkpoint: newest,
      seenAt: NOW,
    });
    const again = await look(log, first.remember ?? null, newest);
    expect(again).toMatchObject({ verdict: 'same', before: { size: 7n }, beforeSeenAt: NOW });
  });

  it('extends what was remembered only with a proof, which it asks for', async () => {
    const log = await signer();
    const [remembered, newest] = [await remembers(log, 7), await log.checkpoint(12)];
    expect(await look(log, remembered, newest)).toMatchObject({
      verdict: 'needs_proof',
      ask: { from: 7n, to: 12n },
    });
    const proven = await look(log, remembered, newest, { consistency: await answer(log, 7, 12) });
    expect(proven.verdict).toBe('extends');
    expect(deserialize(proven.remember ?? '')).toMatchObject({ checkpoint: newest, seenAt: NOW });
  });

  it('needs no proof from nothing', async () => {
    const log = await signer();
    expect((await look(log, await remembers(log, 0), await log.checkpoint(3))).verdict).toBe('extends');
  });

  it('was rolled back if it is smaller, whatever proof is given', async () => {
    const log = await signer();
    const consistencyAnswer = await answer(log, 7, 12);
    const seen = await look(log, await remembers(log, 12), await log.checkpoint(7), {
      consistency: consistencyAnswer,
    });
    expect(seen).toMatchObject({ verdict: 'rolled_back', before: { size: 12n }, newest: { size: 7n } });
  });

  it('has forked if it signed another root, or another beginning', async () => {
    const log = await signer();
    const other = leaf(99);
    expect((await look(log, await remembers(log, 7, other), await log.checkpoint(7))).verdict).toBe('forked');
    const proof = await answer(log, 7, 12);
    const rewritten = await remembers(log, 7, other);
    expect((await look(log, rewritten, await log.checkpoint(12), { consistency: proof })).verdict).toBe(
      'forked',
    );
  });

  it('is not shown to extend with a proof that is broken, of other sizes, or none', async () => {
    const log = await signer();
    const [remembered, newest] = [await remembers(log, 7), await log.checkpoint(12)];
    const good = await answer(log, 7, 12);
    const broken = [
      { ...good, hashes: good.hashes.slice(1) },
      { ...good, hashes: good.hashes.with(2, base64(leaf(5))) },
      { ...good, hashes: ['x'] },
      { ...good, hashes: Array.from({ length: 66 }, () => base64(leaf(5))) },
      { ...good, from: 6 },
      { ...good, to: 13 },
      { ...good, to: '12' },
      await answer(log, 6, 12),
      null,
      [],
      'old 7\n',
      {},
    ];
    for (const proof of broken) {
      expect(
        (await look(log, remembered, newest, { consistency: proof })).verdict,
        JSON.stringify(proof),
      ).toBe('not_shown');
    }
  });

  it('is not taken for itself under another key, even with a proof', async () => {
    const [log, other] = [await signer(), await signer()];
    const seen = await look(other, await remembers(log, 7), await other.checkpoint(7));
    expect(seen).toMatchObject({ verdict: 'other_key', before: { size: 7n } });
  });

  it('is not believed without its signature', async () => {
    const [log, other] = [await signer(), await signer()];
    const newest = await log.checkpoint(7);
    for (const note of [
      await other.checkpoint(7),
      newest.replace('\n7\n', '\n8\n'),
      newest.slice(0, -1),
      '',
      'x',
    ]) {
      expect((await look(log, null, note)).verdict).toBe('not_signed');
    }
  });

  it('says so when what was stored is damaged or forged, and keeps it', async () => {
    const log = await signer();
    const newest = await log.checkpoint(7);
    const good = await remembers(log, 7);
    const stored = [
      '',
      '{}',
      'null',
      '[1]',
      good.slice(1),
      good.replace('"version":1', '"version":2'),
      good.replace('\\n7\\n', '\\n6\\n'),
    ];
    for (const text of stored) {
      expect((await look(log, text, newest)).verdict, text).toBe('unreadable');
    }
  });

  it('is not judged where the browser cannot check signatures', async () => {
    const log = await signer();
    const check = () => Promise.resolve('unsupported' as const);
    expect((await look(log, null, await log.checkpoint(7), { check })).verdict).toBe('unsupported');
  });
});

describe('growth between two checkpoints', () => {
  interface Captured {
    readonly verifier_key: string;
    readonly older_checkpoint: string;
    readonly consistency_json: string;
    readonly consistency_text: string;
  }
  const captured = JSON.parse(fixtureText('captured.json')) as Captured;
  const parsed = JSON.parse(captured.consistency_json) as { checkpoint: string };
  const verify = (consistency: unknown, older = captured.older_checkpoint, newer = parsed.checkpoint) =>
    verifyGrowth({ older, newer, consistency, verifierKey: captured.verifier_key });

  it.each([
    ['JSON', parsed],
    ['text', captured.consistency_text],
  ])('that a server proved is verified from %s', async (_, consistency) => {
    expect(await verify(consistency)).toMatchObject({ verdict: 'verified', growth: 'extends' });
  });

  it('is incomplete without the proof, and fails with the checkpoints swapped', async () => {
    expect(await verify(undefined)).toMatchObject({ verdict: 'incomplete', growth: 'needs_proof' });
    const swapped = await verify(parsed, parsed.checkpoint, captured.older_checkpoint);
    expect(swapped).toMatchObject({ verdict: 'failed', growth: 'rolled_back' });
  });

  it('names the checkpoint that the log did not sign', async () => {
    const forged = captured.older_checkpoint.replace('\n2', '\n1');
    const report = await verify(parsed, forged);
    expect(report.steps.map(({ state }) => state)).toEqual(['failed', 'ok', 'not_done']);
    expect(report.growth).toBeUndefined();
  });
});
