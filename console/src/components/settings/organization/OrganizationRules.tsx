/**
 * What an organization takes, and who may read its log. Either asks before it is switched on: from then on
 * senders are refused, or strangers may read.
 */
import { useState } from 'react';

import { changeOrganization, type Organization, type OrganizationChange } from '../../../api/organizations';
import { explain } from '../../../api/problem';
import { Switch } from '../../../ui/Choice';
import { Card, Section, Stack } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { Words } from '../../../ui/Text';
import { toast } from '../../../ui/toasts';
import { Points } from '../Grave';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';

interface Rule {
  id: 'strict' | 'public';
  label: string;
  explained: string;
  isOn: (settings: Organization) => boolean;
  change: (isOn: boolean) => OrganizationChange;
  ask: { title: string; action: string; points: readonly string[] };
  askOff: { title: string; action: string; points: readonly string[] };
}

const STRICT: Rule = {
  id: 'strict',
  label: 'Strict catalog',
  explained:
    'Events whose action the catalog does not know, or that lack metadata that it requires, are refused (422). Otherwise they are recorded: as category Custom, or with a warning in the receipt.',
  isOn: ({ strict }) => strict,
  change: (strict) => ({ strict }),
  ask: {
    title: 'Make the catalog strict?',
    action: 'Make it strict',
    points: [
      'From now on an event with an unknown action, or without required metadata, is refused, and with it the batch that it came in.',
      'What was recorded stays as it is.',
    ],
  },
  askOff: {
    title: 'Take events that the catalog does not know?',
    action: 'Take them',
    points: [
      'Unknown actions are recorded as category Custom, and missing metadata is a warning in the receipt.',
    ],
  },
};

const PUBLIC: Rule = {
  id: 'public',
  label: 'Public log',
  explained:
    'Anybody may read the log under /log without a key: auditors, witnesses and mirrors. They see how many events there are, when each was received and its id, and nothing else of them.',
  isOn: ({ log }) => log.public,
  change: (isPublic) => ({ log: { public: isPublic } }),
  ask: {
    title: 'Open the log to all?',
    action: 'Open the log',
    points: [
      'Anybody who reaches this server sees how many events there are, when each was received, and its id. Nothing else of an event is shown.',
      'If your platform makes the ids of events itself, they must say nothing that nobody may know.',
      'It can be taken back. What was downloaded meanwhile stays where it is.',
    ],
  },
  askOff: {
    title: 'Close the log?',
    action: 'Close the log',
    points: [
      'Auditors, witnesses and mirrors need a key from now on.',
      'What was downloaded or kept by a cache stays where it is.',
    ],
  },
};

export function OrganizationRules({ settings }: { settings: Organization }) {
  return (
    <>
      <Section title="What is recorded">
        <RuleSwitch rule={STRICT} settings={settings} />
      </Section>
      <Section title="Who may read the log">
        <RuleSwitch rule={PUBLIC} settings={settings} />
      </Section>
    </>
  );
}

function RuleSwitch({ rule, settings }: { rule: Rule; settings: Organization }) {
  const { mayChange } = useStanding();
  const refresh = useRefresh();
  const [asks, setAsks] = useState(false);
  const isOn = rule.isOn(settings);
  const ask = isOn ? rule.askOff : rule.ask;
  return (
    <Card>
      <Stack gap={2}>
        {/* It stands as the server has it: switching asks first. */}
        <Switch
          isSelected={isOn}
          isDisabled={!mayChange('organization.manage')}
          aria-describedby={`rule-${rule.id}`}
          onChange={() => setAsks(true)}
        >
          {rule.label}
        </Switch>
        <Words as="p" tone="muted">
          <span id={`rule-${rule.id}`}>{rule.explained}</span>
        </Words>
      </Stack>
      <Confirm
        title={ask.title}
        action={ask.action}
        isOpen={asks}
        isDangerous={!isOn}
        onClose={() => setAsks(false)}
        onConfirm={async () => {
          await changeOrganization(settings.id, rule.change(!isOn));
          await refresh();
          toast(`${rule.label} is ${isOn ? 'off' : 'on'}`);
        }}
        explain={explain}
      >
        <Points>{ask.points}</Points>
      </Confirm>
    </Card>
  );
}
