/**
 * Steps of a verification: what was checked, by name, and how it went, in words that may be shown.
 *
 * A step is `ok` only when all that its title says was shown. What could not be found out is `not_done`,
 * and counts for nothing.
 */

/** How a step went. */
export type StepState = 'ok' | 'failed' | 'not_done';

/** One step of a verification. */
export interface Step<Name extends string = string> {
  readonly name: Name;
  /** What the step shows when it is `ok`: a short statement. */
  readonly title: string;
  readonly state: StepState;
  /** One sentence on how it went; why, unless it is `ok`. */
  readonly reason: string;
}

/**
 * What all steps together show. `verified`: all of them hold. `failed`: at least one does not. `incomplete`:
 * none failed, and not all could be done.
 */
export type Verdict = 'verified' | 'failed' | 'incomplete';

export function verdictOf(steps: readonly Step[]): Verdict {
  if (steps.some((step) => step.state === 'failed')) return 'failed';
  return steps.length > 0 && steps.every((step) => step.state === 'ok') ? 'verified' : 'incomplete';
}

/** How a step went, without its name and title. */
export type Finding = Pick<Step, 'state' | 'reason'>;

export const ok = (reason: string): Finding => ({ state: 'ok', reason });
export const failed = (reason: string): Finding => ({ state: 'failed', reason });
export const notDone = (reason: string): Finding => ({ state: 'not_done', reason });
