/** Single sign-on: the provider that an organization's people sign in by. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-aria-components';

import { places } from '../../api/places';
import { may } from '../../api/session';
import { ssoQuery, type Sso as SsoAnswer } from '../../api/sso';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { RedirectUrl } from '../../components/settings/sso/RedirectUrl';
import { SsoForm } from '../../components/settings/sso/SsoForm';
import { SsoEnd, SsoStanding } from '../../components/settings/sso/SsoStanding';
import { useStanding } from '../../components/settings/standing';
import { useRoles } from '../../components/settings/use-roles';
import { lacking } from '../../lib/settings/permissions';
import { Callout } from '../../ui/Callout';
import { Page } from '../../ui/Layout';
import { Words } from '../../ui/Text';

export function Sso() {
  const { organization } = useStanding();
  const query = useQuery(ssoQuery(organization.id));
  return (
    <Page
      title="Single sign-on"
      description="People of this organization sign in by its own OpenID Connect provider, such as Keycloak, Entra ID, Okta or Google."
      width="narrow"
    >
      <NoPermission permission="sso.manage" what="set up single sign-on" />
      <Loaded query={query} what="Single sign-on">
        {(sso) => <Provider sso={sso} />}
      </Loaded>
    </Page>
  );
}

function Provider({ sso: { settings, redirectUrl } }: { sso: SsoAnswer }) {
  const { organization, mayChange, permissionsIn } = useStanding();
  const { permissions } = useRoles();
  const missing = lacking(
    permissions.map(({ name }) => name),
    permissionsIn(),
  );
  const manages = mayChange('sso.manage');
  const canChange = manages && missing.length === 0;
  return (
    <>
      {settings !== undefined && <SsoStanding settings={settings} />}
      {manages && missing.length > 0 && (
        <Callout title="Your role does not let you change the provider">
          A provider vouches for every member, administrators included: to set it takes all permissions in the
          organization. {settings !== undefined && 'You may switch it off or delete it.'}
        </Callout>
      )}
      <RedirectUrl url={redirectUrl} />
      {/* What is typed belongs to the settings that it was typed over. */}
      <SsoForm key={settings?.updated_at ?? 'none'} settings={settings} canChange={canChange} />
      {may(organization, 'settings.read') && (
        <Words as="p" tone="muted">
          Whoever is new begins with the default role unless a group says otherwise.{' '}
          <Link href={places.settings(organization.id, 'roles')}>See the default role</Link>
        </Words>
      )}
      {settings !== undefined && manages && <SsoEnd settings={settings} canSwitchOn={canChange} />}
    </>
  );
}
