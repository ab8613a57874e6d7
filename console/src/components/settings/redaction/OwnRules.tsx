/**
 * The organization's own rules about secrets. They are sent as a whole: what somebody else has changed meanwhile
 * is asked first and kept.
 */
import { useState } from 'react';

import { changeOrganization, type Organization, organizationQuery } from '../../../api/organizations';
import { explain } from '../../../api/problem';
import { queryClient } from '../../../api/queries';
import {
  changed,
  changeOf,
  changesNothing,
  type Rules,
  type RulesChange,
} from '../../../lib/settings/redaction';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Card, Row, Section, Stack } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { Said } from '../../../ui/Said';
import { toast } from '../../../ui/toasts';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { NameList } from './NameList';

export function OwnRules({ settings }: { settings: Organization }) {
  const { mayChange } = useStanding();
  const refresh = useRefresh();
  const saved = settings.redaction;
  const [rules, setRules] = useState<Rules>(saved);
  const [asks, setAsks] = useState(false);
  const change = changeOf(saved, rules);
  const isSame = changesNothing(change);
  const canChange = mayChange('organization.manage');
  const save = async () => {
    const now = await queryClient.query({ ...organizationQuery(settings.id), staleTime: 0 });
    await changeOrganization(settings.id, { redaction: changed(now.redaction, change) });
    await refresh();
    toast('The rules are saved: they count from the next request on');
  };
  const set = (part: Partial<Rules>) => setRules({ ...rules, ...part });
  return (
    <Section
      title="Your own rules"
      description="They count for every event that comes from then on, and change nothing that was recorded."
    >
      <Card title="Further names whose values are secret">
        <p>
          Wherever such a key stands, its value is replaced. Capitals, <code>-</code>, <code>_</code> and
          spaces do not matter: <code>door_code</code> is <code>doorCode</code>, too.
        </p>
        <NameList
          kind="names"
          label="Secret names"
          placeholder="door_code"
          none="None: the built-in names alone count."
          saved={saved.names}
          names={rules.names}
          onChange={canChange ? (names) => set({ names }) : undefined}
        />
      </Card>
      <Card title="Exceptions">
        <p>
          Names of keys, or dotted paths from the top of the event, whose values are not secret by their name.
          What looks like a credential is still replaced, and so is metadata that the catalog has as secret.
        </p>
        <NameList
          kind="exceptions"
          label="Exceptions"
          placeholder="metadata.session_token"
          none="None."
          saved={saved.exceptions}
          names={rules.exceptions}
          onChange={canChange ? (exceptions) => set({ exceptions }) : undefined}
        />
      </Card>
      {canChange && (
        <Row>
          <Button look="primary" isDisabled={isSame} onPress={() => setAsks(true)}>
            Save the rules…
          </Button>
          <Button isDisabled={isSame} onPress={() => setRules(saved)}>
            Undo changes
          </Button>
        </Row>
      )}
      <Confirm
        title="Change what is secret?"
        action="Save the rules"
        isDangerous={letsThrough(change)}
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={save}
        explain={explain}
      >
        <WhatChanges change={change} />
      </Confirm>
    </Section>
  );
}

/** Whether something may be recorded as it was sent that was replaced before. */
function letsThrough({ added, removed }: RulesChange): boolean {
  return added.exceptions.length > 0 || removed.names.length > 0;
}

function WhatChanges({ change }: { change: RulesChange }) {
  const { added, removed } = change;
  return (
    <Stack gap={3}>
      <Named title="Replaced from now on" names={added.names} />
      <Named title="No longer excepted" names={removed.exceptions} />
      <Named title="No longer replaced by your rule" names={removed.names} />
      <Named title="Excepted from now on" names={added.exceptions} />
      {letsThrough(change) && (
        <Callout kind="warn" title="What is recorded cannot be taken back">
          Values under these names are recorded as they are sent, unless a built-in rule or their shape says
          that they are secret.
        </Callout>
      )}
    </Stack>
  );
}

function Named({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p>
      <strong>{title}:</strong>{' '}
      {names.map((name, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <Said text={name} mono isMultiline />
        </span>
      ))}
    </p>
  );
}
