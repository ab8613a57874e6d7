/**
 * The way to a first event: the call that sends it, and the place where it appears as it arrives.
 *
 * It is the last step of setting a server up, and what stands in place of a list that has no events yet.
 */
import { Check, Radio, RefreshCw } from 'lucide-react';
import { useState } from 'react';

import type { Event } from '../../api/events';
import { places } from '../../api/places';
import { useSession } from '../../api/session';
import { CALL_LANGUAGES, firstCall } from '../../lib/first-event/calls';
import { Button, ButtonLink } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { classes } from '../../ui/classes';
import { CodeBlock } from '../../ui/Copy';
import { Tabs } from '../../ui/Tabs';
import { EventTypeBadge, ResultBadge } from '../events/badges';
import styles from './FirstEvent.module.css';
import { useFirstEvent } from './use-first-event';

export interface FirstEventProps {
  organizationId: string;
  /** Put into the calls, if the page has one. */
  ingestKey?: string | undefined;
  /** Above it all, where the page says nothing itself. */
  title?: string;
  /** Whether the person may make a key, if there is none here. */
  mayMakeKeys?: boolean;
  /** For a page that shows events itself from then on. Always the same function. */
  onArrived?: (event: Event) => void;
}

export function FirstEvent({
  organizationId,
  ingestKey,
  title,
  mayMakeKeys = false,
  onArrived,
}: FirstEventProps) {
  const session = useSession();
  const { now, listenAgain } = useFirstEvent(organizationId, onArrived);
  const [language, setLanguage] = useState<string>('curl');
  const person = session?.user ?? { id: 'usr_1', name: '', email: '' };
  const call = {
    origin: window.location.origin,
    key: ingestKey,
    person: { id: person.id, name: person.name === '' ? person.email : person.name },
  };
  return (
    <div className={styles['first']}>
      {title !== undefined && <h2 className={styles['title']}>{title}</h2>}
      {ingestKey === undefined && <KeyNeeded organizationId={organizationId} mayMakeKeys={mayMakeKeys} />}
      <Tabs
        label="Languages"
        selected={language}
        onSelect={setLanguage}
        items={CALL_LANGUAGES.map(({ id, label }) => ({
          id,
          label,
          content: <CodeBlock text={firstCall(id, call)} what={`The call in ${label}`} />,
        }))}
      />
      {now.state === 'arrived' ? (
        <Arrived organizationId={organizationId} event={now.event} />
      ) : (
        <Waiting
          state={now.state}
          reason={now.state === 'refused' ? now.reason : undefined}
          onListenAgain={listenAgain}
        />
      )}
    </div>
  );
}

function KeyNeeded({ organizationId, mayMakeKeys }: { organizationId: string; mayMakeKeys: boolean }) {
  return (
    <Callout
      action={
        mayMakeKeys ? (
          <ButtonLink href={places.settings(organizationId, 'keys')} size="s">
            Make a key
          </ButtonLink>
        ) : undefined
      }
    >
      {mayMakeKeys
        ? 'It takes an ingest key, which is shown once when it is made. Put it in the place of YOUR_INGEST_KEY.'
        : 'It takes an ingest key, which an administrator of the organization can make. Put it in the place of YOUR_INGEST_KEY.'}
    </Callout>
  );
}

const WORDS = {
  connecting: ['Connecting…', 'In a moment, this page hears of every event.'],
  listening: ['Waiting for the first event', 'It appears here by itself as soon as it is recorded.'],
  broken: ['The connection broke off', 'It is made anew by itself; no event is missed.'],
  stopped: ['Not waiting any more', 'Nothing came for half an hour.'],
} as const;

interface WaitingProps {
  state: keyof typeof WORDS | 'refused';
  reason?: string | undefined;
  onListenAgain: () => void;
}

function Waiting({ state, reason, onListenAgain }: WaitingProps) {
  const [title, detail] =
    state === 'refused' ? ['The server does not show events here', reason ?? ''] : WORDS[state];
  const isOver = state === 'stopped' || state === 'refused';
  return (
    <div className={classes(styles['watch'], state === 'listening' && styles['listening'])} role="status">
      <span className={styles['sign']}>
        <Radio aria-hidden />
      </span>
      <div className={styles['words']}>
        <p className={styles['name']}>{title}</p>
        <p>{detail}</p>
      </div>
      {isOver && (
        <Button icon={<RefreshCw aria-hidden />} onPress={onListenAgain}>
          Wait again
        </Button>
      )}
    </div>
  );
}

function Arrived({ organizationId, event }: { organizationId: string; event: Event }) {
  return (
    <div className={classes(styles['watch'], styles['arrived'])} role="status">
      <span className={styles['sign']}>
        <Check aria-hidden />
      </span>
      <div className={styles['words']}>
        <p className={styles['name']}>It is here: {event.name}</p>
        <p>{event.description ?? event.action}</p>
        <div className={styles['meta']}>
          <EventTypeBadge type={event.event_type} badge={event.badge} />
          <ResultBadge result={event.result} />
          <span>entry {event.index} of the log</span>
        </div>
      </div>
      <ButtonLink look="primary" href={places.event(organizationId, event.id)}>
        Open it in the log
      </ButtonLink>
    </div>
  );
}
