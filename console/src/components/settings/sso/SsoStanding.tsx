/** Whether people can sign in by the provider now; checking it, switching it off and on, and taking it away. */
import { useState } from 'react';

import { explain, isProblem } from '../../../api/problem';
import { checkSso, deleteSso, setSso, type SsoSettings } from '../../../api/sso';
import { draftOf, sentOf } from '../../../lib/settings/sso';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Card, Row, Section } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import { toast } from '../../../ui/toasts';
import { Grave, Graves, Points } from '../Grave';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { When } from '../When';
import { explainCheck } from './SsoForm';

export function SsoStanding({ settings }: { settings: SsoSettings }) {
  return (
    <Card>
      <Row justify="between" gap={4}>
        <div>
          <Row>
            {settings.enabled ? (
              <Badge tone="good" dot>
                On
              </Badge>
            ) : (
              <Badge tone="warn">Off</Badge>
            )}
            <Said text={settings.issuer} strong />
          </Row>
          <Words as="p" tone="muted">
            {settings.enabled
              ? `People with an address at ${settings.domains.join(', ')} sign in by it.`
              : 'Nobody is let in by it.'}{' '}
            Set <When instant={settings.updated_at} />.
          </Words>
        </div>
        <CheckProvider />
      </Row>
    </Card>
  );
}

function CheckProvider() {
  const { mayChange } = useStanding();
  const [outcome, setOutcome] = useState<{ isGood: boolean; words: string }>();
  const [isPending, setPending] = useState(false);
  if (!mayChange('sso.manage')) return null;
  const check = async () => {
    setPending(true);
    setOutcome(undefined);
    try {
      await checkSso();
      setOutcome({
        isGood: true,
        words: 'It describes itself as it should. To try all of it, sign in in another browser.',
      });
    } catch (error) {
      setOutcome({ isGood: false, words: isProblem(error) ? explainCheck(error) : explain(error) });
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      <Button isPending={isPending} onPress={() => void check()}>
        Check the provider
      </Button>
      {outcome !== undefined && (
        <Callout
          kind={outcome.isGood ? 'good' : 'bad'}
          title={outcome.isGood ? 'The provider answers' : 'The provider does not answer as it should'}
        >
          {outcome.words}
        </Callout>
      )}
    </>
  );
}

export function SsoEnd({ settings, canSwitchOn }: { settings: SsoSettings; canSwitchOn: boolean }) {
  const refresh = useRefresh();
  const [asked, setAsked] = useState<'switch' | 'delete'>();
  const { enabled } = settings;
  const close = () => setAsked(undefined);
  return (
    <Section title={enabled ? 'Switch off, delete' : 'Switch on, delete'}>
      <Graves>
        <Grave
          title={enabled ? 'Switch single sign-on off' : 'Switch single sign-on on'}
          action={
            <Button
              look={enabled ? 'danger' : 'primary'}
              isDisabled={!enabled && !canSwitchOn}
              onPress={() => setAsked('switch')}
            >
              {enabled ? 'Switch off…' : 'Switch on…'}
            </Button>
          }
        >
          {enabled
            ? 'Nobody is let in by it until it is switched on again. All that is set here stays.'
            : canSwitchOn
              ? 'People are let in again as it is set here.'
              : 'It takes all permissions in the organization.'}
        </Grave>
        <Grave
          title="Delete single sign-on"
          action={
            <Button look="danger" onPress={() => setAsked('delete')}>
              Delete…
            </Button>
          }
        >
          What is set here is gone, the secret included. Members stay members.
        </Grave>
      </Graves>
      <Confirm
        title={enabled ? 'Switch single sign-on off?' : 'Switch single sign-on on?'}
        action={enabled ? 'Switch it off' : 'Switch it on'}
        isDangerous={enabled}
        isOpen={asked === 'switch'}
        onClose={close}
        onConfirm={async () => {
          // Switching off works also while the provider is away; it is asked where people are let in by it.
          await setSso(sentOf(draftOf(settings), !enabled), !enabled);
          await refresh();
          toast(enabled ? 'Single sign-on is off' : 'Single sign-on is on');
        }}
        explain={(error) => (isProblem(error) ? explainCheck(error) : explain(error))}
      >
        {enabled ? <Points>{ENDED}</Points> : 'The provider is checked first.'}
      </Confirm>
      <Confirm
        title="Delete single sign-on?"
        action="Delete it"
        typed={settings.client_id}
        isOpen={asked === 'delete'}
        onClose={close}
        onConfirm={async () => {
          await deleteSso();
          await refresh();
          toast('Single sign-on is deleted');
        }}
        explain={explain}
      >
        <Points>
          {[
            ...ENDED,
            'The provider’s own names for members are forgotten: set up again, it knows them by their addresses.',
          ]}
        </Points>
      </Confirm>
    </Section>
  );
}

const ENDED: readonly string[] = [
  'Everybody who is signed in by the provider is signed out.',
  'Members without a password cannot sign in until they are given one: you can send them a link for it from Members.',
];
