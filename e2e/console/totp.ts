/** What an authenticator app shows (RFC 6238): the six digits of a secret, at a time. */
import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS_A_CHARACTER = 5;
const STEP_MS = 30_000;
const DIGITS = 6;

function bytesOf(base32: string): Buffer {
  const bits = Array.from(base32.replaceAll(/[\s=]/g, ''), (character) => {
    const value = ALPHABET.indexOf(character.toUpperCase());
    if (value < 0) throw new Error(`no base32: ${character}`);
    return value.toString(2).padStart(BITS_A_CHARACTER, '0');
  }).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/**
 * The code of now, or of so many steps of half a minute later. Servers take a step before and after their own, and
 * each code once: with -1, 0 and 1 a test signs in three times without waiting.
 */
export function codeOf(secret: string, later = 0): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + later));
  const tag = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const offset = tag.readUInt8(tag.length - 1) & 0x0f;
  const number = (tag.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}
