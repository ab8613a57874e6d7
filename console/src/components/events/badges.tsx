/** Results and kinds of events as badges. Each says its word; icon and colour only repeat it. */
import { Ban, Check, CircleCheck, CircleX, ThumbsUp, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

import type { components } from '../../api/schema';
import { Badge, type Tone } from '../../ui/Badge';

type EventResult = components['schemas']['EventResult'];
type EventType = components['schemas']['EventType'];

const RESULTS: Record<EventResult, { label: string; tone: Tone; icon: ReactNode }> = {
  success: { label: 'Success', tone: 'good', icon: <Check aria-hidden /> },
  failed: { label: 'Failed', tone: 'bad', icon: <CircleX aria-hidden /> },
  denied: { label: 'Denied', tone: 'bad', icon: <Ban aria-hidden /> },
  warning: { label: 'Warning', tone: 'warn', icon: <TriangleAlert aria-hidden /> },
  approved: { label: 'Approved', tone: 'note', icon: <ThumbsUp aria-hidden /> },
  allowed: { label: 'Allowed', tone: 'note', icon: <CircleCheck aria-hidden /> },
};

export function resultLabel(result: EventResult): string {
  return RESULTS[result].label;
}

export function ResultBadge({ result }: { result: EventResult }) {
  const { label, tone, icon } = RESULTS[result];
  return (
    <Badge tone={tone} icon={icon}>
      {label}
    </Badge>
  );
}

const TYPES: Record<EventType, Tone> = {
  'Agent Operations': 'accent',
  'Policy Changes': 'warn',
  'User Actions': 'note',
  'Security Events': 'rare',
  'System Events': 'plain',
};

/** The event's own badge, in the colour of its type. */
export function EventTypeBadge({ type, badge }: { type: EventType; badge?: string }) {
  return <Badge tone={TYPES[type]}>{badge === undefined || badge === '' ? type : badge}</Badge>;
}
