/**
 * Masks: each turns over some of the data's modules, so that a symbol has no large areas and nothing that
 * looks like an eye. The one with the lowest penalty is taken. Any would be read; some are read sooner.
 */

export const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

const RUN_AT_LEAST = 5;
const RUN_PENALTY = 3;
const BLOCK_PENALTY = 3;
const EYE_PENALTY = 40;
const BALANCE_PENALTY = 10;
/** How many hundredths away from one half cost a balance penalty. */
const BALANCE_STEP = 5;
/** What an eye looks like in a line, with the light on either side of it. */
const EYES = ['10111010000', '00001011101'];

/** Turns over the modules of a mask that are not fixed. */
export function applyMask(dark: boolean[][], fixed: readonly (readonly boolean[])[], mask: number): void {
  const turns = MASKS[mask];
  if (turns === undefined) return;
  dark.forEach((row, y) => {
    row.forEach((value, x) => {
      if (fixed[y]?.[x] === false && turns(x, y)) row[x] = !value;
    });
  });
}

function lineOf(modules: readonly boolean[]): string {
  return modules.map((dark) => (dark ? '1' : '0')).join('');
}

function runsPenalty(line: string): number {
  const runs = line.match(/0+|1+/g) ?? [];
  return runs.reduce(
    (sum, { length }) => sum + (length < RUN_AT_LEAST ? 0 : RUN_PENALTY + length - RUN_AT_LEAST),
    0,
  );
}

function eyesPenalty(line: string): number {
  let found = 0;
  for (let at = 0; at + 11 <= line.length; at += 1) {
    if (EYES.includes(line.slice(at, at + 11))) found += 1;
  }
  return found * EYE_PENALTY;
}

function blocksPenalty(symbol: readonly (readonly boolean[])[]): number {
  let found = 0;
  for (let y = 1; y < symbol.length; y += 1) {
    for (let x = 1; x < symbol.length; x += 1) {
      const value = symbol[y]?.[x];
      const others = [symbol[y]?.[x - 1], symbol[y - 1]?.[x], symbol[y - 1]?.[x - 1]];
      if (others.every((other) => other === value)) found += 1;
    }
  }
  return found * BLOCK_PENALTY;
}

function balancePenalty(symbol: readonly (readonly boolean[])[]): number {
  const all = symbol.flat();
  const share = (all.filter(Boolean).length * 100) / all.length;
  return Math.floor(Math.abs(share - 50) / BALANCE_STEP) * BALANCE_PENALTY;
}

/** How badly a symbol can be read. */
export function penaltyOf(symbol: readonly (readonly boolean[])[]): number {
  const rows = symbol.map(lineOf);
  const columns = symbol.map((_, x) => lineOf(symbol.map((row) => row[x] ?? false)));
  const lines = [...rows, ...columns].reduce((sum, line) => sum + runsPenalty(line) + eyesPenalty(line), 0);
  return lines + blocksPenalty(symbol) + balancePenalty(symbol);
}
