/** What is secret in events: what is always replaced, and the organization's own rules. */
import { useQuery } from '@tanstack/react-query';

import { organizationQuery } from '../../api/organizations';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { AlwaysReplaced } from '../../components/settings/redaction/AlwaysReplaced';
import { OwnRules } from '../../components/settings/redaction/OwnRules';
import { useStanding } from '../../components/settings/standing';
import { Page } from '../../ui/Layout';

export function Redaction() {
  const { organization } = useStanding();
  const query = useQuery(organizationQuery(organization.id));
  return (
    <Page title="Redaction" description="Secrets are replaced before an event is recorded." width="narrow">
      <Loaded query={query} what="The rules">
        {(settings) => (
          <>
            <NoPermission permission="organization.manage" what="change the rules" />
            {/* What is typed belongs to the rules that it was typed over. */}
            <OwnRules key={JSON.stringify(settings.redaction)} settings={settings} />
            <AlwaysReplaced />
          </>
        )}
      </Loaded>
    </Page>
  );
}
