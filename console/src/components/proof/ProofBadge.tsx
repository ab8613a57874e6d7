/** Whether the event was verified, in a word. The panel says how. */
import { useQuery } from '@tanstack/react-query';
import { ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components';

import type { Event } from '../../api/events';
import type { OwnOrganization } from '../../api/session';
import { classes } from '../../ui/classes';
import { Spinner } from '../../ui/Spinner';
import { eventCheckQuery } from './checks';
import styles from './Proof.module.css';

export interface ProofBadgeProps {
  organization: OwnOrganization;
  event: Event;
  /** Whether it is time to verify: not while somebody leafs through events. */
  isReady: boolean;
  onPress: () => void;
}

export function ProofBadge({ organization, event, isReady, onPress }: ProofBadgeProps) {
  const { data, isError, isFetching } = useQuery({
    ...eventCheckQuery(organization, event),
    enabled: isReady,
  });
  const look = isError && !isFetching ? 'unknown' : (data?.verdict ?? 'checking');
  return (
    <AriaButton className={classes(styles['badge'], styles[look])} onPress={onPress}>
      {look === 'verified' && <ShieldCheck aria-hidden />}
      {look === 'failed' && <ShieldAlert aria-hidden />}
      {(look === 'incomplete' || look === 'unknown') && <ShieldQuestion aria-hidden />}
      {look === 'checking' && <Spinner />}
      {WORDS[look]}
    </AriaButton>
  );
}

const WORDS = {
  checking: 'Verifying',
  verified: 'Verified',
  failed: 'Does not verify',
  incomplete: 'Not fully verified',
  unknown: 'Not verified',
} as const;
