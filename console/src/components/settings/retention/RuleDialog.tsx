/**
 * Sets how long events are kept: the rule is chosen, then a dry run says what would go, and only then it is set.
 * Where events would go, a name has to be typed first.
 */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { explain } from '../../../api/problem';
import { previewQuery, type RetentionRule, setProjectRetention, setRetention } from '../../../api/retention';
import { keepsShorter, keptFor, type KeptRule, MAX_DAYS, sameRule } from '../../../lib/settings/retention';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { type ChoiceOption, Radios } from '../../../ui/Choice';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { useStanding } from '../standing';
import { DryRun } from './DryRun';
import { draftOf, mustBeTyped, type RuleDraft, ruleOf, type RuleSubject, supposedOf } from './rule-draft';

const FORM = 'retention-rule';

export interface RuleDialogProps {
  subject: RuleSubject;
  onClose: () => void;
  onSaved: () => Promise<void>;
}

type Chosen = RetentionRule & KeptRule;

export function RuleDialog({ subject, onClose, onSaved }: RuleDialogProps) {
  const { organization, mayChange } = useStanding();
  const [draft, setDraft] = useState<RuleDraft>(() => draftOf(subject));
  const [chosen, setChosen] = useState<Chosen>();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  // A dry run is for the whole organization: who manages a project only sets its rule without.
  const canPreview = mayChange('retention.manage');
  const preview = useQuery({
    ...previewQuery(organization.id, chosen === undefined ? {} : supposedOf(subject, chosen)),
    enabled: canPreview && chosen !== undefined,
  });
  const title =
    subject.projectId === undefined
      ? 'How long events are kept'
      : `How long the events of ${subject.name} are kept`;
  const rule = ruleOf(draft);
  const isSame = rule !== undefined && sameRule(rule, subject.rule);
  const choose = () => {
    setError(
      rule === undefined ? `Write a whole number from 1 to ${MAX_DAYS.toLocaleString('en-US')}` : undefined,
    );
    if (rule !== undefined && !isSame) setChosen(rule);
  };
  const goBack = () => {
    setChosen(undefined);
    setTyped('');
    setError(undefined);
  };
  const set = async (sent: RetentionRule) => {
    setPending(true);
    setError(undefined);
    try {
      const { projectId } = subject;
      await (projectId === undefined ? setRetention(sent) : setProjectRetention(projectId, sent));
      await onSaved();
    } catch (reason) {
      setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  const isLooking = canPreview && preview.isFetching;
  const asksName = chosen !== undefined && !isLooking && mustBeTyped(subject, chosen, preview.data);
  return (
    <Modal
      title={title}
      isOpen
      onClose={onClose}
      footer={
        chosen === undefined ? (
          <>
            <Button onPress={onClose}>Cancel</Button>
            <Button look="primary" type="submit" form={FORM} isDisabled={isSame}>
              {canPreview ? 'See what would go' : 'Go on'}
            </Button>
          </>
        ) : (
          <>
            <Button onPress={goBack}>Back</Button>
            <Button
              look={asksName ? 'danger' : 'primary'}
              isPending={isPending}
              isDisabled={isLooking || (asksName && typed !== subject.name)}
              onPress={() => void set(chosen)}
            >
              Set the rule
            </Button>
          </>
        )
      }
    >
      {chosen === undefined ? (
        <Form id={FORM} label={title} onSubmit={choose}>
          <RuleFields subject={subject} draft={draft} onDraft={setDraft} error={error} />
        </Form>
      ) : (
        <>
          <WhatChanges subject={subject} rule={chosen} />
          <DryRun preview={canPreview ? preview : undefined} />
          {keepsShorter(chosen, subject.inForce, subject.inherited) && <NoWayBack />}
          {asksName && (
            <TextField
              label={`Type “${subject.name}” to go on`}
              value={typed}
              onChange={setTyped}
              autoFocus
            />
          )}
          {error !== undefined && <Callout kind="bad">{error}</Callout>}
        </>
      )}
    </Modal>
  );
}

interface RuleFieldsProps {
  subject: RuleSubject;
  draft: RuleDraft;
  onDraft: (draft: RuleDraft) => void;
  error: string | undefined;
}

function RuleFields({ subject, draft, onDraft, error }: RuleFieldsProps) {
  const options: readonly ChoiceOption<KeptRule['keep']>[] = [
    { value: 'inherited', label: `As ${subject.from} says`, detail: `Now: ${keptFor(subject.inherited)}` },
    { value: 'days', label: 'For some days', detail: 'At least so long after an event was received' },
    { value: 'forever', label: 'For ever' },
  ];
  return (
    <>
      <Radios
        label="Events are kept"
        options={options}
        value={draft.keep}
        onChange={(keep) => onDraft({ ...draft, keep })}
      />
      {draft.keep === 'days' && (
        <TextField
          label="Days"
          inputMode="numeric"
          value={draft.days}
          onChange={(days) => onDraft({ ...draft, days })}
          error={error}
          description={`1 to ${MAX_DAYS.toLocaleString('en-US')}. It counts for events that are there already, too.`}
        />
      )}
    </>
  );
}

function WhatChanges({ subject, rule }: { subject: RuleSubject; rule: KeptRule }) {
  const inherits = rule.keep === 'inherited';
  return (
    <p>
      From now on events are kept{' '}
      <strong>{inherits ? `as ${subject.from} says: ${keptFor(subject.inherited)}` : keptFor(rule)}</strong>.
      Until now it was {keptFor(subject.inForce)}.
    </p>
  );
}

function NoWayBack() {
  return (
    <Callout kind="warn" title="Events that have gone do not come back">
      What is old enough goes at the next run, soon after midnight UTC: from the log’s files and from every
      answer. Hashes stay, so what is left is proved as before. Exports and backups keep what they have.
    </Callout>
  );
}
