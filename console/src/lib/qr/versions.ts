/**
 * The numbers of the standard (ISO/IEC 18004) for versions 1 to 10 at error correction level M: enough for
 * an address with a secret in it, and no more.
 */

/** Bits of a byte segment's head that say its kind: bytes. */
export const BYTE_MODE = 0b0100;
export const MODE_BITS = 4;
/** Level M, as the format information writes it. */
export const LEVEL_M = 0b00;

export interface Version {
  /** From 1; the symbol is 17 + 4 × number modules wide. */
  number: number;
  /** Bytes of a symbol, those for correction included. */
  codewords: number;
  blocks: number;
  /** Bytes for correction in each block. */
  correction: number;
  /** Rows, and columns, on which alignment patterns are centred. */
  alignment: readonly number[];
}

/** codewords, blocks, correction, alignment */
const TABLE: readonly (readonly [number, number, number, readonly number[]])[] = [
  [26, 1, 10, []],
  [44, 1, 16, [6, 18]],
  [70, 1, 26, [6, 22]],
  [100, 2, 18, [6, 26]],
  [134, 2, 24, [6, 30]],
  [172, 4, 16, [6, 34]],
  [196, 4, 18, [6, 22, 38]],
  [242, 4, 22, [6, 24, 42]],
  [292, 5, 22, [6, 26, 46]],
  [346, 5, 26, [6, 28, 50]],
];

export const VERSIONS: readonly Version[] = TABLE.map(
  ([codewords, blocks, correction, alignment], index) => ({
    number: index + 1,
    codewords,
    blocks,
    correction,
    alignment,
  }),
);

/** The version from which the count of bytes is written with 16 bits. */
const LONG_COUNT_FROM = 10;

export function countBits(version: Version): number {
  return version.number < LONG_COUNT_FROM ? 8 : 16;
}

/** Bytes that carry data, the head included. */
export function dataCodewords(version: Version): number {
  return version.codewords - version.blocks * version.correction;
}

/** The smallest version that so many bytes fit into. */
export function versionFor(bytes: number): Version | undefined {
  return VERSIONS.find((version) => MODE_BITS + countBits(version) + bytes * 8 <= dataCodewords(version) * 8);
}

export function widthOf(version: Version): number {
  return 17 + 4 * version.number;
}
