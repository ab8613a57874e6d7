/**
 * Ed25519 signatures, by the browser's own WebCrypto, and as strictly as the log's verifiers are.
 *
 * Browsers differ in what they refuse: where keys or `R` have small order, one signature may pass for
 * many texts. So that is refused here, before the browser is asked; and `S` must be below the group's
 * order. A browser without Ed25519, or a page that is not secure, gives `unsupported`, never `valid`.
 */
import { joined } from './bytes';

/** Bytes of a public key. */
export const KEY_BYTES = 32;
/** Bytes of a signature. */
export const SIGNATURE_BYTES = 64;

/** What a check of one signature answers. */
export type SignatureVerdict = 'valid' | 'invalid' | 'unsupported';

/** Checks a signature. The default is `verifyEd25519`; another one is for tests. */
export type SignatureCheck = (
  publicKey: Uint8Array,
  text: Uint8Array,
  signature: Uint8Array,
) => Promise<SignatureVerdict>;

/** The order of the group of RFC 8032, section 5.1. */
const GROUP_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;

/** 2^255 − 19 */
const FIELD = (1n << 255n) - 19n;
const SIGN_BIT = 1n << 255n;

/** A y coordinate of the points of order 8; the other one is its negative. */
const ORDER_EIGHT_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/** The y coordinates of all points whose order divides 8, also as they are written beyond the field. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  FIELD - 1n,
  FIELD,
  FIELD + 1n,
  ORDER_EIGHT_Y,
  FIELD - ORDER_EIGHT_Y,
]);

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** Whether the bytes of a point are those of one of the eight points of small order. */
export function hasSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.has(littleEndian(point) & (SIGN_BIT - 1n));
}

/** The verifier of the browser; `undefined` if the page has none. Browsers keep it from pages that are not secure. */
function platformSubtle(): SubtleCrypto | undefined {
  const platform = globalThis as { readonly crypto?: { readonly subtle?: SubtleCrypto } };
  return platform.crypto?.subtle;
}

/** Checks an Ed25519 signature over `text`. Never throws. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  text: Uint8Array,
  signature: Uint8Array,
  subtle: SubtleCrypto | undefined = platformSubtle(),
): Promise<SignatureVerdict> {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return 'invalid';
  const [r, s] = [signature.subarray(0, KEY_BYTES), signature.subarray(KEY_BYTES)];
  if (hasSmallOrder(publicKey) || hasSmallOrder(r) || littleEndian(s) >= GROUP_ORDER) return 'invalid';
  if (subtle === undefined) return 'unsupported';
  try {
    const key = await subtle.importKey('raw', joined(publicKey), { name: 'Ed25519' }, false, ['verify']);
    const valid = await subtle.verify({ name: 'Ed25519' }, key, joined(signature), joined(text));
    return valid ? 'valid' : 'invalid';
  } catch (error) {
    // Bytes that are no point are a DataError; a browser without Ed25519 says NotSupportedError.
    return isNamed(error, 'DataError') ? 'invalid' : 'unsupported';
  }
}

function isNamed(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === name;
}
