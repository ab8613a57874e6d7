/** What was changed in this organization's settings lately, and by whom. */
import { useCallback } from 'react';

import { may } from '../../api/session';
import { AuditEvents } from '../../components/settings/AuditEvents';
import { useAddress } from '../../components/settings/use-address';
import { useOrganization } from '../../components/shell/use-organization';
import { Page } from '../../ui/Layout';
import { ForbiddenState } from '../../ui/States';

/** What an empty box stands for: what concerns the organization as a whole. */
const OF_THE_ORGANIZATION = 'organisation.*';

export function Audit() {
  const organization = useOrganization();
  const { read, write } = useAddress();
  const setPattern = useCallback(
    (action: string) => write({ action: action === '' ? undefined : action }, { replace: true }),
    [write],
  );
  return (
    <Page title="Audit" description="What was changed in the organization, when and by whom.">
      {may(organization, 'events.read') ? (
        <AuditEvents
          defaultPattern={OF_THE_ORGANIZATION}
          pattern={read('action') ?? ''}
          onPattern={setPattern}
        />
      ) : (
        <ForbiddenState>
          It takes the permission to read events in the whole organization. An administrator can give you a
          role that has it.
        </ForbiddenState>
      )}
    </Page>
  );
}
