import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fromBase64, toBase64, toUtf8 } from './bytes';
import { openCheckpoint, parseCheckpoint } from './checkpoint';
import { hasSmallOrder, verifyEd25519 } from './ed25519';
import { signer } from './fixtures/log';
import { MAX_NOTE_BYTES, MAX_SIGNATURES, openNote, parseNote, parseVerifierKey } from './note';
import { parseConsistencyText, parseTlogProof, PROOF_HEADER } from './proof-text';
import { EMPTY_ROOT } from './tree';

const ZEROS = toBase64(new Uint8Array(32));

describe('verifier keys', () => {
  const EXAMPLE = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';

  it('of the specification open its example', async () => {
    const key = parseVerifierKey(EXAMPLE);
    if (!key.ok) throw new Error(key.reason);
    const signature =
      'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=';
    const note = `This is an example message.\n\n— example.com/foo ${signature}\n`;
    expect(await openNote(note, [key.value])).toMatchObject({ ok: true });
    expect(await openNote(note.replace('example message', 'exemple message'), [key.value])).toMatchObject({
      code: 'invalid_signature',
    });
  });

  it('are refused with any changed character', () => {
    for (let at = 0; at < EXAMPLE.length; at += 1) {
      for (let unit = 0; unit < 128; unit += 1) {
        if (unit === EXAMPLE.charCodeAt(at)) continue;
        const text = EXAMPLE.slice(0, at) + String.fromCharCode(unit) + EXAMPLE.slice(at + 1);
        expect(parseVerifierKey(text).ok, text).toBe(false);
      }
      expect(parseVerifierKey(EXAMPLE.slice(0, at)).ok).toBe(false);
    }
  });

  it('of other kinds, and weak ones, are refused', () => {
    const cosigner = 'k+d4e41b2d+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    const identity = 'k+d2df6d1a+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    expect(parseVerifierKey(cosigner)).toMatchObject({ code: 'algorithm' });
    expect(parseVerifierKey(identity)).toMatchObject({ code: 'public_key' });
    expect(parseVerifierKey(EXAMPLE.replace('530d903a', '530D903A'))).toMatchObject({ code: 'malformed' });
    expect(parseVerifierKey('x'.repeat(10_000_000))).toMatchObject({ code: 'malformed' });
  });
});

describe('signatures', () => {
  /** The points whose order divides 8, as libraries that refuse them list them. */
  const SMALL = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

  it('by keys of small order are refused, with either sign', () => {
    for (const point of SMALL) {
      expect(hasSmallOrder(point)).toBe(true);
      const negative = point.with(31, (point[31] ?? 0) | 0x80);
      expect(hasSmallOrder(negative)).toBe(true);
      expect(hasSmallOrder(point.with(15, (point[15] ?? 0) ^ 1))).toBe(false);
    }
  });

  it('with S beyond the order of the group are refused, though the browser may take them', async () => {
    const log = await signer();
    const parsed = parseNote(await log.checkpoint(1));
    const signature = parsed.ok ? parsed.value.signatures[0]?.signature : undefined;
    if (!parsed.ok || signature === undefined) throw new Error('no signature');
    const text = toUtf8(parsed.value.text);
    const { publicKey } = log.key;
    expect(await verifyEd25519(publicKey, text, signature)).toBe('valid');
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    let s = signature.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order;
    const beyond = signature.map((byte, at) => {
      if (at < 32) return byte;
      const digit = Number(s & 0xffn);
      s >>= 8n;
      return digit;
    });
    // What a lax browser would say is not asked for.
    const lax = {
      importKey: () => Promise.resolve({}),
      verify: () => Promise.resolve(true),
    } as unknown as SubtleCrypto;
    expect(await verifyEd25519(publicKey, text, beyond, lax)).toBe('invalid');
    expect(await verifyEd25519(publicKey, text, signature, lax)).toBe('valid');
  });

  it('are unsupported, not invalid, without WebCrypto or without Ed25519', async () => {
    const log = await signer();
    const without = {
      importKey: () => Promise.reject(new DOMException('no such algorithm', 'NotSupportedError')),
    } as unknown as SubtleCrypto;
    const signature = new Uint8Array(64).fill(3);
    expect(await verifyEd25519(log.key.publicKey, new Uint8Array(), signature, without)).toBe('unsupported');
    // A missing WebCrypto is what pages get that are not secure.
    const note = await log.checkpoint(1);
    const { crypto } = globalThis;
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
    try {
      expect(await openCheckpoint(note, log.key)).toMatchObject({ code: 'unsupported' });
    } finally {
      Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
    }
  });
});

describe('notes', () => {
  it('fail to open with any bit changed, any byte removed, or cut anywhere', async () => {
    const log = await signer();
    const note = toUtf8(await log.checkpoint(12));
    const opens = async (bytes: Uint8Array) => (await openCheckpoint(bytes, log.key)).ok;
    expect(await opens(note)).toBe(true);
    for (let at = 0; at < note.length; at += 1) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        expect(await opens(note.with(at, (note[at] ?? 0) ^ bit)), `byte ${at}, bit ${bit}`).toBe(false);
      }
      expect(await opens(note.filter((_, place) => place !== at)), `byte ${at} removed`).toBe(false);
      expect(await opens(note.slice(0, at)), `cut at ${at}`).toBe(false);
    }
  });

  it('must have a known key’s signature, and no invalid one of a known key', async () => {
    const [log, other] = [await signer('k'), await signer('other')];
    const note = await log.sign('text\n');
    const open = (text: string) => openNote(text, [log.key]);
    expect(await openNote(note, [])).toMatchObject({ code: 'no_known_signature' });
    expect(await open(await other.sign('text\n'))).toMatchObject({ code: 'no_known_signature' });
    const foreign = (await log.sign('other text\n')).slice('other text\n\n'.length);
    expect(await open(note + foreign)).toMatchObject({ code: 'invalid_signature' });
    const stranger = (await other.sign('text\n')).slice('text\n\n'.length);
    expect(await open(note + stranger)).toMatchObject({ ok: true });
    const impostor = { ...log.key, publicKey: other.key.publicKey };
    expect(await openNote(note, [log.key, impostor])).toMatchObject({ code: 'ambiguous_key' });
    expect(await openNote(note, [log.key, { ...log.key }])).toMatchObject({ ok: true });
  });

  it('are bounded, and say what is wrong', async () => {
    const log = await signer('k');
    const note = await log.sign('text\n');
    const line = note.slice('text\n\n'.length);
    const code = (text: string | Uint8Array) => {
      const parsed = parseNote(text);
      return parsed.ok ? 'ok' : parsed.code;
    };
    expect(code('text\n')).toBe('unsigned');
    expect(code(note.replace('text', 'te\txt'))).toBe('characters');
    expect(code(Uint8Array.of(0xff, 0x0a, 0x0a))).toBe('not_utf8');
    expect(code(note.replace('text', 'te\ud800xt'))).toBe('not_utf8');
    expect(code(`${note}x\n`)).toBe('signature_line');
    expect(code(`text\n\n${line.repeat(MAX_SIGNATURES)}`)).toBe('ok');
    expect(code(`text\n\n${line.repeat(MAX_SIGNATURES + 1)}`)).toBe('too_many_signatures');
    expect(code('x'.repeat(MAX_NOTE_BYTES + 1))).toBe('too_long');
    // Three bytes a character: too long in bytes, though not in characters.
    expect(code('世'.repeat(MAX_NOTE_BYTES / 2))).toBe('too_long');
  });

  it('of a checkpoint must name the log of the key', async () => {
    const log = await signer('k');
    const note = await log.sign(`other\n0\n${toBase64(EMPTY_ROOT)}\n`);
    expect(await openCheckpoint(note, log.key)).toMatchObject({ code: 'origin' });
  });
});

describe('checkpoints', () => {
  const parse = (text: string) => {
    const parsed = parseCheckpoint(text.replaceAll('R', toBase64(EMPTY_ROOT)));
    return parsed.ok ? 'ok' : parsed.code;
  };

  it('have one way to write a size', () => {
    expect(parse('o\n0\nR\n')).toBe('ok');
    expect(parse('o\n18446744073709551615\nR\n')).toBe('ok');
    for (const size of [
      '00',
      '01',
      '+1',
      '-1',
      ' 1',
      '1 ',
      '1_0',
      '0x1',
      '1e3',
      '1.0',
      '١',
      '18446744073709551616',
      '9'.repeat(1000),
    ]) {
      expect(parse(`o\n${size}\nR\n`), size).toBe('size');
    }
  });

  it('have at least three lines, none empty, and a root that fits', () => {
    for (const text of [
      '',
      'o\n',
      'o\n1\n',
      '\n1\nR\n',
      'o\n\nR\n',
      'o\n1\nR',
      'o\n1\n\n',
      'o\n1\nR\n\n',
      'o\n1\nR\n\nx\n',
      '\no\n1\nR\n',
    ]) {
      expect(parse(text), JSON.stringify(text)).toBe('lines');
    }
    expect(parse('o\n1\nAAAA\n')).toBe('root');
    expect(parse('o\n1\nR \n')).toBe('root');
    expect(parse(`o\n0\n${ZEROS}\n`)).toBe('empty_root');
    expect(parse('o\r\n1\nR\n')).toBe('characters');
    expect(parse('o\n1\nR\nfirst\n second +\n')).toBe('ok');
  });
});

describe('texts of proofs', () => {
  const GOOD = `${PROOF_HEADER}\nextra AAAA\nindex 7\n${ZEROS}\n\nhead\n`;
  const refusedFor = (text: string) => {
    const parsed = parseTlogProof(text);
    return parsed.ok ? 'ok' : parsed.reason;
  };

  it('have one form, and say which line is not in it', () => {
    expect(parseTlogProof(GOOD)).toMatchObject({ ok: true, value: { index: 7n, checkpoint: 'head\n' } });
    for (const space of [' ', '\r', '\t', '\ufeff', '\0']) {
      for (const [line, start] of [
        [1, 'c2sp'],
        [2, 'extra'],
        [3, 'index'],
        [4, ZEROS],
      ] as const) {
        expect(refusedFor(GOOD.replace(start, `${space}${start}`))).toContain(`Line ${line} `);
      }
    }
    for (let line = 1; line <= 5; line += 1) {
      expect(refusedFor(GOOD.split('\n').slice(0, line).join('\n'))).toContain(`Line ${line} `);
    }
    for (const extra of [
      'AAA',
      'AA=',
      'AAA=A',
      'AAB=',
      'A AA',
      'AA-_',
      '%',
      ' AAAA',
      'AAAA ',
      toBase64(new Uint8Array(65_537)),
    ]) {
      expect(refusedFor(GOOD.replace('AAAA\nindex', `${extra}\nindex`))).toContain('Line 2 ');
    }
    expect(refusedFor(GOOD.replace(`${ZEROS}\n`, `${ZEROS}\n`.repeat(66)))).toContain('more than 65');
    expect(parseConsistencyText(`old 7\n${ZEROS}\n\nhead\n`)).toMatchObject({
      ok: true,
      value: { oldSize: 7n },
    });
    expect(parseConsistencyText('old 07\n\nhead\n').ok).toBe(false);
  });

  it('are read without throwing, whatever they are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
      fc.string().map((end) => `${PROOF_HEADER}\n${end}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        expect(parseTlogProof(any).ok).toBe(false);
        parseConsistencyText(any);
        parseNote(any);
      }),
    );
  });
});

describe('base64', () => {
  it('has one text for its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64(bytes);
        expect(fromBase64(text)).toEqual(Uint8Array.from(bytes));
        for (const other of [`${text}\n`, ` ${text}`, `${text}=`, text.replace(/=+$/, ' ')]) {
          if (other !== text) expect(fromBase64(other)).toBeUndefined();
        }
      }),
    );
    for (const text of ['AAB=', 'AB==', 'AA-_', 'AA', 'A', '=', 'AA=A'])
      expect(fromBase64(text)).toBeUndefined();
  });
});
