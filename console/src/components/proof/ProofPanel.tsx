/**
 * The proof of an event, verified in this browser: every step with how it went, what the checkpoint covers,
 * and what to give to somebody who does not trust this page.
 */
import { useQuery } from '@tanstack/react-query';
import { Download, RefreshCw } from 'lucide-react';
import { useState } from 'react';

import type { Event } from '../../api/events';
import { fetchProofText } from '../../api/log';
import { explain, isProblem, type Problem, UNREACHABLE } from '../../api/problem';
import { may, type OwnOrganization } from '../../api/session';
import { numberLabel } from '../../lib/text/numbers';
import { absoluteTime } from '../../lib/time/formats';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { CodeBlock, Copyable } from '../../ui/Copy';
import { Facts } from '../../ui/Facts';
import { Row, Stack } from '../../ui/Layout';
import { saveText } from '../../ui/save';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import type { EventCheck } from './check-event';
import { checkpointOfSizeQuery, eventCheckQuery, NOT_COVERED_YET } from './checks';
import { ChangedKey, KeyNote } from './KeyNote';
import styles from './Proof.module.css';
import { Steps } from './Steps';

export interface ProofPanelProps {
  organization: OwnOrganization;
  event: Event;
  zone: string;
  isReady: boolean;
}

export function ProofPanel({ organization, event, zone, isReady }: ProofPanelProps) {
  const check = useQuery({ ...eventCheckQuery(organization, event), enabled: isReady });
  const again = () => void check.refetch();
  if (check.data === undefined) {
    if (!check.isError) {
      const waits = isProblem(check.failureReason, NOT_COVERED_YET);
      return (
        <Stack gap={2}>
          {waits && <Words tone="muted">Recorded just now: waiting for the log’s next checkpoint.</Words>}
          <Skeleton lines={4} label="Verifying" />
        </Stack>
      );
    }
    return <NoProof error={check.error} onRetry={again} />;
  }
  return (
    <Stack gap={3}>
      <Verdict check={check.data} />
      {check.data.alarm !== undefined && (
        <Callout kind="bad" title="The log contradicts what this browser saw of it before">
          {check.data.alarm} Keep this browser’s data, and tell whoever runs the server and whoever audits it.
        </Callout>
      )}
      {check.data.key === 'changed' && (
        <ChangedKey organization={organization} check={check.data} onTrusted={again} />
      )}
      <Steps steps={check.data.steps} />
      <CheckpointFacts organization={organization} check={check.data} zone={zone} />
      <Row>
        <ProofDownload event={event} />
        <Button size="s" icon={<RefreshCw aria-hidden />} isPending={check.isFetching} onPress={again}>
          Verify again
        </Button>
      </Row>
      <Auditor event={event} check={check.data} />
    </Stack>
  );
}

const VERDICTS = {
  verified: ['good', 'Verified in this browser'],
  failed: ['bad', 'This event does not verify'],
  incomplete: ['warn', 'Not all could be verified'],
} as const;

function Verdict({ check }: { check: EventCheck }) {
  const [kind, title] = VERDICTS[check.verdict];
  return (
    <Callout kind={kind} title={title}>
      {check.verdict === 'verified' && 'What this page shows is what the log recorded and signed. '}
      {check.verdict === 'failed' && 'Do not rely on what this page shows of it. '}
      {check.verdict === 'incomplete' &&
        'Nothing that was checked is wrong; the steps say what could not be checked. '}
      <KeyNote standing={check.key} />
    </Callout>
  );
}

function NoProof({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { title, words, canRetry } = whyNone(error);
  return (
    <Callout
      kind={canRetry ? 'warn' : 'note'}
      title={title}
      action={
        canRetry && (
          <Button size="s" onPress={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {words}
    </Callout>
  );
}

interface WhyNone {
  title: string;
  words: string;
  canRetry: boolean;
}

function whyNone(error: Error): WhyNone {
  if (!isProblem(error))
    return { title: 'The proof could not be verified', words: explain(error), canRetry: true };
  return whyNoAnswer(error);
}

function whyNoAnswer(problem: Problem): WhyNone {
  const words = explain(problem);
  if (problem.code === NOT_COVERED_YET) {
    return {
      title: 'Not yet under a checkpoint',
      words: 'The event is recorded. The log signs its next checkpoint soon.',
      canRetry: true,
    };
  }
  if (problem.code === UNREACHABLE) return { title: 'No proof without the server', words, canRetry: true };
  if (problem.status === 404) {
    return {
      title: 'Its proof is not there any more',
      words:
        'The event was removed when its time was over, or cannot be seen with your role. A proof that was kept before still holds.',
      canRetry: false,
    };
  }
  if (problem.status === 403) return { title: 'Your role does not show proofs', words, canRetry: false };
  return { title: 'The server gave no proof', words, canRetry: true };
}

interface CheckpointFactsProps {
  organization: OwnOrganization;
  check: EventCheck;
  zone: string;
}

function CheckpointFacts({ organization, check, zone }: CheckpointFactsProps) {
  const { data: published } = useQuery({
    ...checkpointOfSizeQuery(organization.id, check.size),
    enabled: may(organization, 'log.read'),
  });
  return (
    <Facts
      facts={[
        { name: 'Checkpoint', value: `${numberLabel(check.size)} events` },
        { name: 'Root', value: <Copyable text={check.root} what="Root" /> },
        ...(published === undefined || published === null
          ? []
          : [
              {
                name: 'Signed',
                value: (
                  <time dateTime={published.signed_at}>
                    {absoluteTime(published.signed_at, zone, 'milliseconds')}{' '}
                    <Words tone="muted">by the server’s clock</Words>
                  </time>
                ),
              },
            ]),
        ...(check.verifierKey === undefined
          ? []
          : [{ name: 'Verifier key', value: <Copyable text={check.verifierKey} what="Verifier key" /> }]),
      ]}
    />
  );
}

function ProofDownload({ event }: { event: Event }) {
  const [pending, setPending] = useState(false);
  const save = async () => {
    setPending(true);
    try {
      saveText(`${event.id}.tlog-proof`, await fetchProofText(event.id));
    } catch (error) {
      toast(explain(error), 'bad');
    } finally {
      setPending(false);
    }
  };
  return (
    <Button size="s" icon={<Download aria-hidden />} isPending={pending} onPress={() => void save()}>
      Download tlog-proof
    </Button>
  );
}

/** What somebody does with the files who trusts neither this page nor the server. */
function Auditor({ event, check }: { event: Event; check: EventCheck }) {
  const command = `evident verify ${event.id}.tlog-proof --event ${event.id}.json --key '${check.verifierKey ?? '<verifier key>'}'`;
  return (
    <details className={styles['folded']}>
      <summary>Verify it without this server</summary>
      <Stack gap={2}>
        <Words as="p" tone="muted">
          Download the tlog-proof here and the event from its JSON view. Anybody can check the two on another
          machine, without a network. Take the verifier key from where you have kept it.
        </Words>
        <CodeBlock text={command} what="Command" wrap />
      </Stack>
    </details>
  );
}
