/** How API keys are called on the page. */
import type { ApiKey } from '../../../api/keys';
import type { ChoiceOption } from '../../../ui/Choice';
import type { Tone } from '../../../ui/Badge';
import type { KeyKind, KeyState } from '../../../lib/settings/api-keys';

export const KIND_WORDS: Record<KeyKind, { label: string; detail: string; tone: Tone }> = {
  ingest: { label: 'Ingest', detail: 'Records events, and does nothing else.', tone: 'note' },
  read: {
    label: 'Read',
    detail: 'Reads and exports events, and reads proofs, settings, members and metrics.',
    tone: 'plain',
  },
  admin: { label: 'Admin', detail: 'All there is to do, keys and members included.', tone: 'rare' },
};

export const STATE_WORDS: Record<KeyState, { label: string; tone: Tone }> = {
  works: { label: 'Works', tone: 'good' },
  'ends-soon': { label: 'Ends soon', tone: 'warn' },
  replaced: { label: 'Replaced', tone: 'warn' },
  expired: { label: 'Expired', tone: 'plain' },
  revoked: { label: 'Revoked', tone: 'bad' },
};

/** The keys that came with the organization have no names. */
export function keyName({ name, kind }: Pick<ApiKey, 'name' | 'kind'>): string {
  return name === '' ? `First ${kind} key` : name;
}

export type EndChoice = '30' | '90' | '180' | '365' | 'never' | 'days';

/** When a key shall end, as it is offered. */
export const ENDS: readonly ChoiceOption<EndChoice>[] = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '180', label: 'In 180 days' },
  { value: '365', label: 'In a year' },
  { value: 'days', label: 'In so many days…' },
  { value: 'never', label: 'Never' },
];
