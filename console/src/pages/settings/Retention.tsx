/** How long events are kept, and what has gone. */
import { useQuery } from '@tanstack/react-query';

import { retentionQuery } from '../../api/retention';
import { may, mayAnywhere } from '../../api/session';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { AboutRetention } from '../../components/settings/retention/AboutRetention';
import { OrganizationRule } from '../../components/settings/retention/OrganizationRule';
import { ProjectRules } from '../../components/settings/retention/ProjectRules';
import { Runs } from '../../components/settings/retention/Runs';
import { useStanding } from '../../components/settings/standing';
import { Page } from '../../ui/Layout';

export function Retention() {
  const { organization, isArchived } = useStanding();
  const query = useQuery(retentionQuery(organization.id));
  const changes = mayAnywhere(organization, 'retention.manage') && !isArchived;
  return (
    <Page
      title="Retention"
      description="How long events are kept before they are removed for good."
      width="narrow"
    >
      {!changes && <NoPermission permission="retention.manage" what="change how long events are kept" />}
      <Loaded query={query} what="The rules of retention">
        {(settings) => (
          <>
            <OrganizationRule settings={settings} />
            <ProjectRules settings={settings} />
            {/* Who sees settings of projects only is not told what went elsewhere. */}
            {may(organization, 'settings.read') && <Runs settings={settings} />}
            <AboutRetention />
          </>
        )}
      </Loaded>
    </Page>
  );
}
