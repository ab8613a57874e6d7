/** One's own account: name, password, second factor, sessions, and how the console looks. */
import { type SignedIn, useSession } from '../../api/session';
import { NameForm } from '../../components/profile/NameForm';
import { PasswordForm } from '../../components/profile/PasswordForm';
import { SecondFactorCard } from '../../components/profile/SecondFactorCard';
import { Sessions } from '../../components/profile/Sessions';
import { useTitle } from '../../components/shell/use-title';
import { Callout } from '../../ui/Callout';
import { Segments } from '../../ui/Choice';
import { Facts } from '../../ui/Facts';
import { Card, Page, Section } from '../../ui/Layout';
import { setTheme, type Theme, useTheme } from '../../ui/theme';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function Profile() {
  useTitle('Profile');
  const session = useSession();
  const theme = useTheme();
  if (session === undefined) return null;
  const { user } = session;
  const isOwn = session.session.method !== 'sso';
  return (
    <Page title="Profile" description={user.email} width="narrow">
      {isOwn ? (
        <OwnAccount key={user.id} user={user} />
      ) : (
        <>
          <Callout title="You are signed in by your organization">
            It has vouched for you, in this organization alone. To change your name, password or second
            factor, or to see your sessions, sign in with your password.
          </Callout>
          <Card>
            <Facts
              facts={[
                { name: 'Name', value: user.name === '' ? 'None' : user.name },
                { name: 'E-mail address', value: user.email },
              ]}
            />
          </Card>
        </>
      )}
      <Section title="Theme" description="This browser’s alone.">
        <Card>
          <Segments label="Theme" hideLabel options={THEMES} value={theme} onChange={setTheme} />
        </Card>
      </Section>
    </Page>
  );
}

function OwnAccount({ user }: { user: SignedIn['user'] }) {
  return (
    <>
      <Section title="You">
        <Card>
          <NameForm name={user.name} email={user.email} />
        </Card>
      </Section>
      <Section title="Password">
        {user.password ? (
          <Card>
            <PasswordForm name={user.name} email={user.email} />
          </Card>
        ) : (
          <Callout>
            You have no password here. An administrator can make a link by which you choose one.
          </Callout>
        )}
      </Section>
      <Section title="Second factor">
        <Card>
          <SecondFactorCard
            email={user.email}
            isOn={user.second_factor}
            recoveryCodes={user.recovery_codes}
          />
        </Card>
      </Section>
      <Section title="Sessions">
        <Sessions />
      </Section>
    </>
  );
}
