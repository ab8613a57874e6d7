/** The organization itself: its name, what it takes, who may read its log, and what ends it. */
import { useQuery } from '@tanstack/react-query';

import { organizationQuery } from '../../api/organizations';
import { may, useSession } from '../../api/session';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { OrganizationEnd } from '../../components/settings/organization/OrganizationEnd';
import { OrganizationFacts } from '../../components/settings/organization/OrganizationFacts';
import { OrganizationName } from '../../components/settings/organization/OrganizationName';
import { OrganizationRules } from '../../components/settings/organization/OrganizationRules';
import { useOrganization } from '../../components/shell/use-organization';
import { Page } from '../../ui/Layout';

export function OrganizationSettings() {
  const organization = useOrganization();
  const session = useSession();
  const sees = may(organization, 'settings.read') || session?.user.instance_owner === true;
  return (
    <Page title="General" description={organization.name} width="narrow">
      {sees ? (
        <OfReader id={organization.id} />
      ) : (
        <>
          <OrganizationFacts />
          <OrganizationEnd />
        </>
      )}
    </Page>
  );
}

function OfReader({ id }: { id: string }) {
  const query = useQuery(organizationQuery(id));
  return (
    <Loaded query={query} what="The organization">
      {(settings) => (
        <>
          <NoPermission permission="organization.manage" what="change the organization" />
          {/* What is typed belongs to the name that it was typed over. */}
          <OrganizationName key={settings.name} settings={settings} />
          <OrganizationFacts settings={settings} />
          <OrganizationRules settings={settings} />
          <OrganizationEnd settings={settings} />
        </>
      )}
    </Loaded>
  );
}
