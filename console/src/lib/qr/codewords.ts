/**
 * The bytes of a QR symbol: the text, filled up, with the Reed-Solomon bytes by which a camera mends what it
 * misread, in the order in which they are laid out.
 */
import { BYTE_MODE, countBits, dataCodewords, MODE_BITS, type Version } from './versions';

/** x⁸ + x⁴ + x³ + x² + 1, by which the bytes are multiplied. */
const FIELD = 0x11d;
/** What fills the room after the text, in turn. */
const FILLING = [0xec, 0x11];

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >>> 7) * FIELD);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

/** The divisor of so many bytes, its leading 1 left out. */
function divisorOf(degree: number): number[] {
  let divisor = [1];
  let root = 1;
  for (let index = 0; index < degree; index += 1) {
    const shifted = [...divisor, 0];
    divisor = shifted.map(
      (coefficient, at) => coefficient ^ (at === 0 ? 0 : multiply(divisor[at - 1] ?? 0, root)),
    );
    root = multiply(root, 2);
  }
  return divisor.slice(1);
}

/** The correction bytes of a block. */
export function correctionOf(data: readonly number[], degree: number): number[] {
  const divisor = divisorOf(degree);
  let rest = new Array<number>(degree).fill(0);
  for (const byte of data) {
    const factor = byte ^ (rest[0] ?? 0);
    rest = [...rest.slice(1), 0].map((value, at) => value ^ multiply(divisor[at] ?? 0, factor));
  }
  return rest;
}

function bitsOf(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => (value >>> (count - 1 - at)) & 1);
}

/** The text with its head, filled up to what the version holds. */
export function dataOf(bytes: Uint8Array, version: Version): number[] {
  const capacity = dataCodewords(version);
  const bits = [...bitsOf(BYTE_MODE, MODE_BITS), ...bitsOf(bytes.length, countBits(version))];
  for (const byte of bytes) bits.push(...bitsOf(byte, 8));
  // Four zeros end the text, and more of them its last byte. The head has four bits beyond whole bytes, so
  // the text and its end always fill whole bytes, and always fit.
  bits.push(...bitsOf(0, MODE_BITS));
  const data: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    data.push(bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0));
  }
  for (let turn = 0; data.length < capacity; turn += 1) data.push(FILLING[turn % 2] ?? 0);
  return data;
}

/** The blocks' bytes in turn, the shorter blocks first, and then their correction bytes in turn. */
export function codewordsOf(bytes: Uint8Array, version: Version): number[] {
  const data = dataOf(bytes, version);
  const short = Math.floor(data.length / version.blocks);
  const longBlocks = data.length % version.blocks;
  const blocks: number[][] = [];
  let at = 0;
  for (let index = 0; index < version.blocks; index += 1) {
    const length = short + (index >= version.blocks - longBlocks ? 1 : 0);
    blocks.push(data.slice(at, at + length));
    at += length;
  }
  const corrections = blocks.map((block) => correctionOf(block, version.correction));
  return [...inTurn(blocks), ...inTurn(corrections)];
}

function inTurn(lists: readonly (readonly number[])[]): number[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}
