/** When something happened: in one of three ways, with the others on hover. */
import { useState } from 'react';

import { absoluteTime, relativeTime, timestampTime } from '../../lib/time/formats';
import { Words } from '../../ui/Text';
import { useNow } from './now';

export type TimeStyle = 'timestamp' | 'absolute' | 'relative';

export interface TimeProps {
  instant: string;
  zone: string;
  style?: TimeStyle;
}

export function Time({ instant, zone, style = 'timestamp' }: TimeProps) {
  return style === 'relative' ? (
    <Ago instant={instant} zone={zone} />
  ) : (
    <At instant={instant} zone={zone} style={style} />
  );
}

function At({ instant, zone, style }: { instant: string; zone: string; style: 'timestamp' | 'absolute' }) {
  // The year is left out while it is this one: a page that is open over New Year need not mind.
  const [now] = useState(() => Date.now());
  const shown =
    style === 'timestamp' ? timestampTime(instant, zone, now) : absoluteTime(instant, zone, 'milliseconds');
  return (
    <time
      dateTime={instant}
      title={`${absoluteTime(instant, zone, 'microseconds')} (${relativeTime(instant, zone, now)})`}
    >
      <Words tabular>{shown}</Words>
    </time>
  );
}

function Ago({ instant, zone }: { instant: string; zone: string }) {
  const now = useNow();
  return (
    <time dateTime={instant} title={absoluteTime(instant, zone, 'microseconds')}>
      <Words tabular>{relativeTime(instant, zone, now)}</Words>
    </time>
  );
}
