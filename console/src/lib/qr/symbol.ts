/**
 * A QR symbol of a text: which modules are dark. Nothing leaves the page for it, since what it shows here is
 * a secret.
 *
 * It must hold that a scanner reads back the very bytes of the text. What does not fit into version 10 has
 * no symbol.
 */
import { codewordsOf } from './codewords';
import { applyMask, MASKS, penaltyOf } from './masks';
import { LEVEL_M, type Version, versionFor, widthOf } from './versions';

/** The generators of the codes that guard format and version information, and what the format is mixed with. */
const FORMAT_GENERATOR = 0x537;
const FORMAT_MIX = 0x5412;
const VERSION_GENERATOR = 0x1f25;
/** The version from which a symbol says its version. */
const TELLS_VERSION_FROM = 7;
/** The row, and the column, of the timing patterns. */
const TIMING = 6;

/** Rows of modules, dark where true. */
export type Symbol = readonly (readonly boolean[])[];

/** A symbol that is being laid out: what has its place for good is not masked and takes no data. */
class Plan {
  readonly width: number;
  readonly dark: boolean[][];
  readonly fixed: boolean[][];

  constructor(readonly version: Version) {
    this.width = widthOf(version);
    this.dark = Array.from({ length: this.width }, () => new Array<boolean>(this.width).fill(false));
    this.fixed = this.dark.map((row) => [...row]);
  }

  put(x: number, y: number, dark: boolean): void {
    const [row, fixed] = [this.dark[y], this.fixed[y]];
    if (row === undefined || fixed === undefined || x < 0 || x >= this.width) return;
    row[x] = dark;
    fixed[x] = true;
  }
}

/** The remainder that guards a value, as a BCH code has it. */
function guarded(value: number, generator: number, degree: number): number {
  let rest = value;
  for (let step = 0; step < degree; step += 1) rest = (rest << 1) ^ ((rest >>> (degree - 1)) * generator);
  return (value << degree) | rest;
}

export function formatInformation(mask: number): number {
  return guarded((LEVEL_M << 3) | mask, FORMAT_GENERATOR, 10) ^ FORMAT_MIX;
}

export function versionInformation(version: number): number {
  return guarded(version, VERSION_GENERATOR, 12);
}

/** A square around a centre, dark by the distance from it. */
function putRings(
  plan: Plan,
  centreX: number,
  centreY: number,
  radius: number,
  isDark: (ring: number) => boolean,
) {
  for (let y = -radius; y <= radius; y += 1) {
    for (let x = -radius; x <= radius; x += 1) {
      plan.put(centreX + x, centreY + y, isDark(Math.max(Math.abs(x), Math.abs(y))));
    }
  }
}

function putPatterns(plan: Plan): void {
  const { width, version } = plan;
  for (let at = 0; at < width; at += 1) {
    plan.put(TIMING, at, at % 2 === 0);
    plan.put(at, TIMING, at % 2 === 0);
  }
  // The eyes, with the light frame around each.
  const isEye = (ring: number) => ring !== 2 && ring !== 4;
  putRings(plan, 3, 3, 4, isEye);
  putRings(plan, width - 4, 3, 4, isEye);
  putRings(plan, 3, width - 4, 4, isEye);
  const last = version.alignment.at(-1);
  for (const x of version.alignment) {
    for (const y of version.alignment) {
      const isAtEye =
        (x === TIMING && y === TIMING) || (x === TIMING && y === last) || (x === last && y === TIMING);
      if (!isAtEye) putRings(plan, x, y, 2, (ring) => ring !== 1);
    }
  }
}

function putFormat(plan: Plan, mask: number): void {
  const format = formatInformation(mask);
  const bit = (at: number) => ((format >>> at) & 1) === 1;
  const { width } = plan;
  for (let at = 0; at < 15; at += 1) {
    // Beside the first eye, around the timing patterns.
    const near = at < 6 ? at : at < 8 ? at + 1 : 14 - at;
    if (at < 8) plan.put(8, near, bit(at));
    else plan.put(at === 8 ? 7 : near, 8, bit(at));
    // And beside the two others.
    if (at < 8) plan.put(width - 1 - at, 8, bit(at));
    else plan.put(8, width - 15 + at, bit(at));
  }
  plan.put(8, width - 8, true);
}

function putVersion(plan: Plan): void {
  if (plan.version.number < TELLS_VERSION_FROM) return;
  const information = versionInformation(plan.version.number);
  for (let at = 0; at < 18; at += 1) {
    const dark = ((information >>> at) & 1) === 1;
    const [far, near] = [plan.width - 11 + (at % 3), Math.floor(at / 3)];
    plan.put(far, near, dark);
    plan.put(near, far, dark);
  }
}

/** Two columns at a time from the right, upwards and downwards in turn, around what is fixed. */
function putData(plan: Plan, codewords: readonly number[]): void {
  const { width } = plan;
  let at = 0;
  for (let right = width - 1; right > 0; right -= 2) {
    // The upright timing pattern is stepped over.
    if (right === TIMING) right -= 1;
    const isUpwards = ((right + 1) & 2) === 0;
    for (let step = 0; step < width; step += 1) {
      const y = isUpwards ? width - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = plan.dark[y];
        if (row === undefined || plan.fixed[y]?.[x] !== false) continue;
        row[x] = (((codewords[at >>> 3] ?? 0) >>> (7 - (at & 7))) & 1) === 1;
        at += 1;
      }
    }
  }
}

function laidOut(codewords: readonly number[], version: Version, mask: number): Symbol {
  const plan = new Plan(version);
  putPatterns(plan);
  putFormat(plan, mask);
  putVersion(plan);
  putData(plan, codewords);
  applyMask(plan.dark, plan.fixed, mask);
  return plan.dark;
}

/** The symbol of a text, with that mask or with the one that reads best. */
export function symbolOf(text: string, mask?: number): Symbol | undefined {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  if (version === undefined) return undefined;
  const codewords = codewordsOf(bytes, version);
  if (mask !== undefined) return laidOut(codewords, version, mask);
  const all = MASKS.map((_, index) => laidOut(codewords, version, index));
  return all.reduce((best, candidate) => (penaltyOf(candidate) < penaltyOf(best) ? candidate : best));
}

/** The dark modules as a path of SVG, a unit each, moved by a margin. */
export function pathOf(symbol: Symbol, margin: number): string {
  return symbol
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + margin} ${y + margin}h1v1h-1z` : '')))
    .join('');
}
