/** Results and kinds of events as badges. Each says its word; icon and colour only repeat it. */
import type { Event } from './connection';
import { make } from './dom';
import { icon, type IconName } from './icons';
import { said } from './texts';

type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'note' | 'rare' | 'accent';

interface ResultLook {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: IconName;
}

const RESULTS: Readonly<Record<Event['result'], ResultLook>> = {
  success: { label: 'Success', tone: 'good', icon: 'check' },
  failed: { label: 'Failed', tone: 'bad', icon: 'failed' },
  denied: { label: 'Denied', tone: 'bad', icon: 'denied' },
  warning: { label: 'Warning', tone: 'warn', icon: 'warning' },
  approved: { label: 'Approved', tone: 'note', icon: 'approved' },
  allowed: { label: 'Allowed', tone: 'note', icon: 'allowed' },
};

const TYPES: Readonly<Record<Event['event_type'], Tone>> = {
  'Agent Operations': 'accent',
  'Policy Changes': 'warn',
  'User Actions': 'note',
  'Security Events': 'rare',
  'System Events': 'plain',
};

export function badge(tone: Tone, ...children: Node[]): HTMLElement {
  return make('span', { class: `badge ${tone}`, part: 'badge' }, ...children);
}

export function resultLabel(result: Event['result']): string {
  return RESULTS[result].label;
}

export function resultBadge(result: Event['result']): HTMLElement {
  // A newer server may know results that this script does not.
  const look: ResultLook | undefined = Object.hasOwn(RESULTS, result) ? RESULTS[result] : undefined;
  if (look === undefined) return badge('plain', said(result));
  return badge(look.tone, icon(look.icon), document.createTextNode(look.label));
}

export function eventTypeBadge({ event_type: type, badge: word }: Event): HTMLElement {
  const tone = Object.hasOwn(TYPES, type) ? TYPES[type] : 'plain';
  return badge(tone, said(word === '' ? type : word));
}
