/** What is said of an export: how far it is, how long its file stays, and why there is none. */
import type { Export, ExportStatus } from '../../api/exports';
import { durationLabel, parseInstant } from '../../lib/time/formats';
import { numberLabel, plural } from '../../lib/text/numbers';
import type { Tone } from '../../ui/Badge';

interface StatusLook {
  readonly label: string;
  readonly tone: Tone;
}

export const STATUSES: Readonly<Record<ExportStatus, StatusLook>> = {
  queued: { label: 'Queued', tone: 'plain' },
  running: { label: 'Running', tone: 'note' },
  complete: { label: 'Complete', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
  expired: { label: 'Expired', tone: 'warn' },
};

const MS = 1000;

/** How far it is: 12,000 of 50,000 entries, about 20 s left. */
export function progressWords({ status, progress }: Export): string {
  if (status === 'queued') return 'Waits for its turn. Organizations take turns.';
  const { rows_done: done, rows_total: total, estimated_seconds_left: left } = progress;
  if (total === null) return done === 0 ? 'Begins.' : `${plural(done, 'entry', 'entries')} so far.`;
  if (done >= total && total > 0)
    return `All ${plural(total, 'entry', 'entries')} are in; the file is being put together.`;
  const rows = `${numberLabel(done)} of ${plural(total, 'entry', 'entries')}`;
  if (left === null) return `${rows}.`;
  return left < 1 ? `${rows}, nearly there.` : `${rows}, about ${durationLabel(left * MS)} left.`;
}

/** How long the file stays: in 6 d 3 h. Undefined where there is none any more. */
export function staysWords(expiresAt: string, now: number): string | undefined {
  const ms = parseInstant(expiresAt);
  if (ms === undefined || ms <= now) return undefined;
  return `in ${durationLabel(ms - now)}`;
}

/** A reason of the server's, as a sentence of its own. */
export function reasonWords(reason: string): string {
  const sentence = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** How to find out whether a file arrived as it was made. */
export interface Check {
  readonly system: string;
  readonly command: string;
}

/** A name as a shell takes it, whatever it holds. */
function quoted(name: string, inner: string): string {
  return `'${name.replaceAll("'", inner)}'`;
}

/** The commands that print the file's SHA-256, to be compared. */
export function checksOf(fileName: string): readonly Check[] {
  return [
    { system: 'Linux', command: `sha256sum -- ${quoted(fileName, String.raw`'\''`)}` },
    { system: 'macOS', command: `shasum -a 256 -- ${quoted(fileName, String.raw`'\''`)}` },
    { system: 'Windows', command: `(Get-FileHash -LiteralPath ${quoted(fileName, "''")}).Hash.ToLower()` },
  ];
}
