/**
 * Sets up a sign-on provider. It is asked for its description before anything is saved; where that fails, the
 * person may save it all the same. What ends sessions is asked first.
 */
import { useState } from 'react';

import { explain, isProblem, type Problem } from '../../../api/problem';
import { setSso, type SsoSettings } from '../../../api/sso';
import {
  beginsToFollowGroups,
  canKeepSecret,
  draftOf,
  endsSessions,
  mistakesIn,
  type SsoDraft,
  type SsoMistakes,
  sentOf,
} from '../../../lib/settings/sso';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Form } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { Points } from '../Grave';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { useRoles } from '../use-roles';
import { GroupFields, ProviderFields } from './SsoFields';

export interface SsoFormProps {
  settings: SsoSettings | undefined;
  canChange: boolean;
}

/** What the server refused, at the fields that it is about. */
function mistakesOf(problem: Problem): SsoMistakes {
  const below = (pointer: string) =>
    problem.entries.find((entry) => entry.pointer === pointer || entry.pointer.startsWith(`${pointer}/`))
      ?.reason;
  const found = {
    issuer: below('/issuer'),
    clientId: below('/client_id'),
    secret: below('/client_secret'),
    domains: below('/domains'),
    groupsClaim: below('/groups_claim'),
    scopes: below('/scopes'),
    groupRoles: below('/group_roles'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, reason]) => reason !== undefined));
}

export function SsoForm({ settings, canChange }: SsoFormProps) {
  const { permissionsIn } = useStanding();
  const { roles, permissions } = useRoles();
  const refresh = useRefresh();
  const [draft, setDraft] = useState<SsoDraft>(() => draftOf(settings));
  const [mistakes, setMistakes] = useState<SsoMistakes>({});
  const [error, setError] = useState<Error>();
  const [asks, setAsks] = useState(false);
  const [isPending, setPending] = useState(false);
  const sent = sentOf(draft, settings?.enabled ?? true);
  const change = (part: Partial<SsoDraft>) => {
    const next = { ...draft, ...part };
    // A secret is for one issuer and client: with others it cannot be kept.
    const cannotKeep = next.secretChoice === 'keep' && !canKeepSecret(settings, next);
    setDraft(cannotKeep ? { ...next, secretChoice: 'new' } : next);
  };
  const save = async (check: boolean) => {
    setPending(true);
    setError(undefined);
    try {
      await setSso(sent, check);
      await refresh();
      toast(settings === undefined ? 'Single sign-on is set up' : 'Single sign-on is saved');
    } catch (reason) {
      const found = isProblem(reason) ? mistakesOf(reason) : {};
      setMistakes(found);
      if (Object.keys(found).length === 0) setError(reason instanceof Error ? reason : new Error());
    } finally {
      setPending(false);
    }
  };
  const submit = () => {
    const wrong = mistakesIn(draft, settings);
    setMistakes(wrong);
    setError(undefined);
    if (Object.keys(wrong).length > 0) return;
    if (endsSessions(settings, sent) || beginsToFollowGroups(settings, sent)) setAsks(true);
    else void save(true);
  };
  const fields = { provider: settings, draft, onChange: change, mistakes, isDisabled: !canChange };
  return (
    <Form
      label="Single sign-on"
      onSubmit={submit}
      footer={
        canChange && (
          <>
            <Button type="submit" look="primary" isPending={isPending}>
              {settings === undefined ? 'Set it up' : 'Save the provider'}
            </Button>
            {settings !== undefined && (
              <Button
                onPress={() => {
                  setDraft(draftOf(settings));
                  setMistakes({});
                  setError(undefined);
                }}
              >
                Undo changes
              </Button>
            )}
          </>
        )
      }
    >
      <ProviderFields {...fields} />
      <GroupFields {...fields} roles={roles} permissions={permissions} own={permissionsIn()} />
      {Object.keys(mistakes).length > 0 && (
        <Callout kind="bad">It is not saved: something above has to be put right.</Callout>
      )}
      {error !== undefined && (
        <Refused error={error} isPending={isPending} onAnyway={() => void save(false)} />
      )}
      <Confirm
        title="Save the provider?"
        action="Save the provider"
        isDangerous={endsSessions(settings, sent)}
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={async () => {
          setAsks(false);
          await save(true);
        }}
        explain={explain}
      >
        <Points>
          {[
            ...(endsSessions(settings, sent)
              ? ['Everybody who is signed in by this provider is signed out, and signs in again.']
              : []),
            ...(beginsToFollowGroups(settings, sent)
              ? [
                  'From now on roles follow the groups: at their next sign-in members get the role of their group, and who is in none of them gets the default role.',
                ]
              : []),
          ]}
        </Points>
      </Confirm>
    </Form>
  );
}

interface RefusedProps {
  error: Error;
  isPending: boolean;
  onAnyway: () => void;
}

/** Why it was not saved; what only the check found wrong may be saved all the same. */
function Refused({ error, isPending, onAnyway }: RefusedProps) {
  if (!isProblem(error, 'provider_check_failed', 'no_public_url')) {
    return <Callout kind="bad">{explain(error)}</Callout>;
  }
  return (
    <Callout
      kind="bad"
      title="The provider could not be checked, and nothing was saved"
      action={
        <Button size="s" isPending={isPending} onPress={onAnyway}>
          Save it without checking
        </Button>
      }
    >
      {explainCheck(error)}
    </Callout>
  );
}

/** Without what only programs can do about it. */
export function explainCheck(error: Problem): string {
  return explain(error).replace(/ \(\?check=false skips this check\)/, '');
}
