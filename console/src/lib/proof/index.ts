/**
 * Proofs, checked in the browser: the interface of this folder.
 *
 * - `verifyEvent` – is the event on the screen in the log? Four named steps.
 * - `verifyGrowth` – does a newer checkpoint extend an older one? Three named steps.
 * - `compareWithRemembered` – has the log been rolled back or rewritten since this browser last looked?
 *
 * None of them throws. Storage, requests and words around the steps are the caller's.
 */
export { verifyEvent, type EventReport, type EventStepName, type EventVerification } from './event';
export {
  verifyGrowth,
  type Growth,
  type GrowthReport,
  type GrowthStepName,
  type GrowthVerification,
} from './growth';
export {
  compareWithRemembered,
  deserialize,
  isAlarm,
  type Remembered,
  type Seen,
  type SeenVerdict,
  type Sighting,
} from './remembered';
export { readUnverified, type Checkpoint } from './checkpoint';
export { parseVerifierKey, type VerifierKey } from './note';
export { instantText, type Entry } from './entry';
export { toBase64, toHex, type Hash } from './bytes';
export type { Outcome } from './outcome';
export type { Step, StepState, Verdict } from './steps';
export type { SignatureCheck } from './ed25519';
