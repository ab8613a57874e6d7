/** What another, older encoder makes of the same texts, and the worked examples of the standard. */
import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { correctionOf } from './codewords';
import { formatInformation, pathOf, type Symbol, symbolOf, versionInformation } from './symbol';
import { versionFor, VERSIONS, dataCodewords } from './versions';

const rowsOf = (symbol: Symbol | undefined) =>
  (symbol ?? []).map((row) => row.map((dark) => (dark ? '1' : '0')).join(''));
const hashOf = (symbol: Symbol | undefined) =>
  createHash('sha256').update(rowsOf(symbol).join('\n')).digest('hex');

const EVIDENT_BY_MASK_3 = `
111111101000001111111
100000101110101000001
101110100000001011101
101110101010001011101
101110100101001011101
100000100001101000001
111111101010101111111
000000001111100000000
101101110111101001011
011100010101111101111
001100100001000001111
011000011011001011000
001010110010100000010
000000001001001111100
111111101001100111000
100000101110000111111
101110100110111111111
101110101101001001010
101110101000101000100
100000100000010100001
111111101100010110100`
  .trim()
  .split('\n');

describe('a QR symbol', () => {
  it('has every module where the standard has it', () => {
    expect(rowsOf(symbolOf('evident', 3))).toEqual(EVIDENT_BY_MASK_3);
  });

  it('of a whole address has several blocks, alignment patterns and its version', () => {
    const address =
      'otpauth://totp/Acme%20AI:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' +
      '&issuer=Acme%20AI&algorithm=SHA1&digits=6&period=30';
    const symbol = symbolOf(address, 5);
    expect(symbol).toHaveLength(17 + 4 * 8);
    expect(hashOf(symbol)).toBe('655a425882fc9c2137d4a5747ba51eeba607c1b07e774a188962e234154827ca');
  });

  it('counts bytes, not characters, and does so with 16 bits in version 10', () => {
    expect(hashOf(symbolOf('ü'.repeat(100), 0))).toBe(
      '642afcf7b76f18d34f6d5970fb21e0e0ffa847274192f0ac9b52bf785e6d3985',
    );
  });

  it('takes the mask that is read best when none is asked for', () => {
    expect(hashOf(symbolOf('evident'))).toBe(
      '4245f963fed8965f76573b23c29bc3acb746560c9d07654a16300d5f9dc0561a',
    );
  });

  it('is none of a text that does not fit into version 10', () => {
    expect(symbolOf('x'.repeat(213))).toHaveLength(57);
    expect(symbolOf('x'.repeat(214))).toBeUndefined();
  });

  it('is drawn with one square for each dark module, within its margin', () => {
    const path = pathOf(
      [
        [true, false],
        [false, true],
      ],
      4,
    );
    expect(path).toBe('M4 4h1v1h-1zM5 5h1v1h-1z');
  });
});

describe('the parts of a symbol', () => {
  it('guard their data by the bytes that the worked example of Reed-Solomon has', () => {
    const data = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
    expect(correctionOf(data, 10)).toEqual([196, 35, 39, 119, 235, 215, 231, 226, 93, 23]);
  });

  it('guard format and version as the tables of the standard have them', () => {
    expect(formatInformation(0)).toBe(0b101010000010010);
    expect(formatInformation(5)).toBe(0b100000011001110);
    expect(versionInformation(7)).toBe(0b000111110010010100);
    expect(versionInformation(10)).toBe(0b001010010011010011);
  });

  it('have the smallest version that holds the text', () => {
    expect(VERSIONS.map(dataCodewords)).toEqual([16, 28, 44, 64, 86, 108, 124, 154, 182, 216]);
    expect(versionFor(14)?.number).toBe(1);
    expect(versionFor(15)?.number).toBe(2);
    expect(versionFor(180)?.number).toBe(9);
    expect(versionFor(181)?.number).toBe(10);
  });
});
