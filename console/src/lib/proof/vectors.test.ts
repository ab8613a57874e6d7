/** The vectors that all implementations share: what Go and Python made, and their verdicts. */
import { describe, expect, it } from 'vitest';

import { fromBase64, toBase64, toHex, toUtf8 } from './bytes';
import { canonicalBytes, canonicalNumber } from './canonical';
import { openCheckpoint, parseCheckpoint } from './checkpoint';
import { commitment, ENTRY_BYTES, parseEntry } from './entry';
import { verifyEvent } from './event';
import { vectorText } from './fixtures/log';
import { verifyGrowth } from './growth';
import { openNote, parseVerifierKey, type VerifierKey } from './note';
import { parseConsistencyText, parseTlogProof } from './proof-text';
import { leafHash, verifyConsistency, verifyInclusion } from './tree';

interface Opened {
  readonly event_id: string;
  readonly received_at_micros: number;
  readonly canonical: string;
  readonly salt: string;
  readonly commitment: string;
  readonly entry: string;
  readonly leaf_hash: string;
}

interface GoVectors {
  readonly keys: readonly { name: string; verifier: string }[];
  readonly signed: readonly { key: string; note: string; text: string }[];
  readonly opened: readonly {
    label: string;
    note: string;
    opens: boolean;
    signers?: string[];
    text?: string;
  }[];
  readonly proofs: readonly { size: number; root: string; inclusion: string[]; consistency: string[] }[];
  readonly roots: readonly { size: number; root: string }[];
  readonly log: { events: (Opened & { index: number })[]; checkpoint: string; root: string; size: number };
  readonly texts: {
    inclusion: { index: number; text: string }[];
    consistency: { old: number; old_root: string; text: string }[];
  };
}

const go = JSON.parse(vectorText('ledger-go.json')) as GoVectors;
const python = JSON.parse(vectorText('ledger-python.json')) as { cases: Opened[] };

const ORIGIN = 'audit.example.com/org_7f3k';

const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hash = (text: string) => fromBase64(text) ?? new Uint8Array();
const hashes = (texts: readonly string[]) => texts.map(hash);

function keyNamed(name: string): { text: string; key: VerifierKey } {
  const text = go.keys.find((key) => key.name === name)?.verifier ?? '';
  const key = parseVerifierKey(text);
  if (!key.ok) throw new Error(key.reason);
  return { text, key: key.value };
}

describe('entries', () => {
  const check = (vector: Opened, canonical: Uint8Array) => {
    const bytes = unhex(vector.entry);
    const entry = parseEntry(bytes);
    if (!entry.ok) throw new Error(entry.reason);
    expect(entry.value.eventId.replaceAll('-', '')).toBe(vector.event_id);
    expect(toHex(entry.value.commitment)).toBe(vector.commitment);
    expect(toHex(commitment(unhex(vector.salt), canonical))).toBe(vector.commitment);
    expect(toBase64(leafHash(bytes))).toBe(vector.leaf_hash);
    return entry.value;
  };

  it('are those of Python', () => {
    expect(python.cases).toHaveLength(6);
    // JSON.parse rounds the largest times, so those are compared as the text has them.
    const times = [...vectorText('ledger-python.json').matchAll(/"received_at_micros": (-?\d+)/g)];
    python.cases.forEach((vector, at) => {
      expect(check(vector, unhex(vector.canonical)).receivedAtMicros).toBe(BigInt(times[at]?.[1] ?? 'none'));
    });
  });

  it('are those of Go', () => {
    expect(go.log.events.length).toBeGreaterThan(2);
    for (const vector of go.log.events) {
      expect(check(vector, toUtf8(vector.canonical)).receivedAtMicros).toBe(
        BigInt(vector.received_at_micros),
      );
      expect(canonicalBytes(JSON.parse(vector.canonical))).toEqual({
        ok: true,
        value: toUtf8(vector.canonical),
      });
    }
  });

  it('have one length and one version', () => {
    for (let length = 0; length <= 80; length += 1) {
      const bytes = new Uint8Array(length).fill(1);
      expect(parseEntry(bytes).ok).toBe(length === ENTRY_BYTES);
    }
    expect(parseEntry(new Uint8Array(ENTRY_BYTES).fill(2))).toMatchObject({ code: 'version' });
  });
});

describe('canonical bytes', () => {
  it('of numbers are those of RFC 8785, appendix B', () => {
    const rows = vectorText('jcs-numbers.tsv')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rows).toHaveLength(26);
    for (const row of rows) {
      const [bits = '', expected] = row.split('\t');
      const value = new DataView(unhex(bits).buffer).getFloat64(0);
      if (expected === 'error') expect(canonicalBytes(value)).toMatchObject({ ok: false, code: 'number' });
      else expect(canonicalNumber(value)).toBe(expected);
    }
  });

  it.each(['jcs-values', 'jcs-sorting'])('of %s are those of RFC 8785', (name) => {
    const canonical = canonicalBytes(JSON.parse(vectorText(`${name}.json`)));
    expect(canonical).toEqual({ ok: true, value: toUtf8(vectorText(`${name}.canonical.json`)) });
  });
});

describe('keys and notes', () => {
  it('of Go are read', () => {
    for (const { name, verifier } of go.keys) {
      expect(parseVerifierKey(verifier)).toMatchObject({
        ok: true,
        value: { name, id: verifier.split('+')[1] },
      });
    }
  });

  it('that Go signed open', async () => {
    for (const { key, note, text } of go.signed) {
      expect(await openNote(note, [keyNamed(key).key])).toMatchObject({ ok: true, value: { text } });
    }
  });

  it('get the verdict that Go gives them, knowing the first two keys', async () => {
    const known = go.keys.slice(0, 2).map(({ name }) => keyNamed(name).key);
    expect(go.opened.filter(({ opens }) => opens).length).toBeGreaterThan(5);
    for (const { label, note, opens, signers, text } of go.opened) {
      const opened = await openNote(Uint8Array.from(Buffer.from(note, 'base64')), known);
      expect(opened.ok, label).toBe(opens);
      if (!opened.ok) continue;
      expect(opened.value.text, label).toBe(text);
      expect(
        opened.value.signers.map(({ name }) => name),
        label,
      ).toEqual(signers);
    }
  });
});

describe('proofs of Go', () => {
  it('hold: each leaf in its tree, each tree in the larger one', () => {
    const rootOf = new Map([...go.roots, ...go.proofs].map(({ size, root }) => [size, hash(root)]));
    let shown = 0;
    for (const { size, root, inclusion, consistency } of go.proofs) {
      const head = { size: BigInt(size), root: hash(root) };
      for (const line of inclusion) {
        const [index = '', ...proof] = line.split(' ');
        const leaf = leafHash(toUtf8(`entry ${index}`));
        expect(verifyInclusion(leaf, BigInt(index), head, hashes(proof)).ok, `${line} of ${size}`).toBe(true);
        shown += 1;
      }
      for (const line of consistency) {
        const [older = '', ...proof] = line.split(' ');
        const olderRoot = rootOf.get(Number(older));
        if (olderRoot === undefined) continue;
        const olderHead = { size: BigInt(older), root: olderRoot };
        expect(verifyConsistency(olderHead, head, hashes(proof)).ok, `${line} to ${size}`).toBe(true);
        shown += 1;
      }
    }
    expect(shown).toBeGreaterThan(500);
  });

  it('as texts open the events of the log that they are of', async () => {
    expect(go.texts.inclusion).toHaveLength(4);
    for (const { index, text } of go.texts.inclusion) {
      const proof = parseTlogProof(text);
      const vector = go.log.events.find((event) => event.index === index);
      if (!proof.ok) throw new Error(proof.reason);
      const checkpoint = await openCheckpoint(proof.value.checkpoint, keyNamed(ORIGIN).key);
      if (!checkpoint.ok) throw new Error(checkpoint.reason);
      expect(checkpoint.value.size).toBe(300n);
      if (vector === undefined) continue;
      const leaf = hash(vector.leaf_hash);
      expect(verifyInclusion(leaf, proof.value.index, checkpoint.value, proof.value.hashes).ok).toBe(true);
      if (proof.value.extra === undefined) continue;
      // Go's events have no id or time of their own, so only what rests on the proof can hold.
      const report = await verifyEvent({ event: { index }, proof: text, verifierKey: keyNamed(ORIGIN).text });
      expect(report.steps.map(({ state }) => state)).toEqual(['failed', 'ok', 'ok', 'ok']);
    }
  });

  it('of growth hold as texts', async () => {
    expect(go.texts.consistency).toHaveLength(5);
    for (const { old, old_root, text } of go.texts.consistency) {
      const proof = parseConsistencyText(text);
      if (!proof.ok) throw new Error(proof.reason);
      const newer = await openCheckpoint(proof.value.checkpoint, keyNamed(ORIGIN).key);
      if (!newer.ok) throw new Error(newer.reason);
      expect(proof.value.oldSize).toBe(BigInt(old));
      const older = { size: BigInt(old), root: hash(old_root) };
      expect(verifyConsistency(older, newer.value, proof.value.hashes).ok).toBe(true);
    }
  });

  it('show that a signed log extends itself', async () => {
    const { checkpoint } = go.log;
    const report = await verifyGrowth({
      older: checkpoint,
      newer: checkpoint,
      verifierKey: keyNamed(ORIGIN).text,
    });
    expect(report).toMatchObject({ verdict: 'verified', growth: 'same' });
    expect(parseCheckpoint(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1))).toMatchObject({
      ok: true,
      value: { size: 300n, origin: ORIGIN },
    });
  });
});
