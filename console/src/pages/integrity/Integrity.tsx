/** Whether the log is what it was: its head, what this browser can verify of it, and how others do. */
import { useQuery } from '@tanstack/react-query';

import { followedLogQuery } from '../../api/log';
import { explain, isProblem } from '../../api/problem';
import { may } from '../../api/session';
import { AuditorGuide } from '../../components/proof/AuditorGuide';
import { Checkpoints } from '../../components/proof/Checkpoints';
import { LogFacts } from '../../components/proof/LogFacts';
import { VerifyLog } from '../../components/proof/VerifyLog';
import { useOrganization } from '../../components/shell/use-organization';
import { Callout } from '../../ui/Callout';
import { Page, Section } from '../../ui/Layout';
import { ErrorState, ForbiddenState, Skeleton } from '../../ui/States';

const zoneOfReader = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Integrity() {
  const organization = useOrganization();
  const isAllowed = may(organization, 'log.read');
  const log = useQuery({ ...followedLogQuery(organization.id), enabled: isAllowed });
  const zone = zoneOfReader();
  return (
    <Page
      title="Integrity"
      description="Every event is a leaf of this organization’s log, and the log’s checkpoints are signed. Whoever has one can tell whether anything was changed, dropped or slipped in since."
    >
      {!isAllowed || (isProblem(log.error) && log.error.status === 403) ? (
        <ForbiddenState />
      ) : log.data === undefined ? (
        log.isError ? (
          <ErrorState title="The log is not there" onRetry={() => void log.refetch()}>
            {explain(log.error)}
          </ErrorState>
        ) : (
          <Skeleton lines={8} label="Loading the log" />
        )
      ) : (
        <>
          <Section title="Verify">
            <VerifyLog organization={organization} zone={zone} />
          </Section>
          <Section title="The log’s head">
            <LogFacts organization={organization} head={log.data} zone={zone} />
          </Section>
          <Section title="Witnesses">
            <Callout title="Nobody co-signs this log yet">
              A server that holds the key could show one history to you and another to somebody else. Until
              witnesses co-sign its checkpoints, it takes somebody who keeps them to find that out: this
              browser does, and so does the command “evident monitor”.
            </Callout>
          </Section>
          <Section title="How an auditor checks" description="None of these believes this page.">
            <AuditorGuide organization={organization} head={log.data} />
          </Section>
          <Section
            title="Published checkpoints"
            description="Every checkpoint that was ever published is kept. Keep some yourself: each is a small text file."
          >
            <Checkpoints organization={organization} zone={zone} />
          </Section>
        </>
      )}
    </Page>
  );
}
