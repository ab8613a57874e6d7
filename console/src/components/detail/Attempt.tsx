/**
 * An attempt and its outcome beside each other. One without the other says so: an open attempt also for how
 * long it has been open.
 */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-aria-components';

import { type Event, fewEvents } from '../../api/events';
import { explain } from '../../api/problem';
import { writeFilter } from '../../lib/query/filters';
import { plural } from '../../lib/text/numbers';
import { absoluteTime, durationLabel, parseInstant } from '../../lib/time/formats';
import { Callout } from '../../ui/Callout';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { classes } from '../../ui/classes';
import { ResultBadge } from '../events/badges';
import { useNow } from '../events/now';
import { useDetail } from './about';
import styles from './Attempt.module.css';
import { halvesOf } from './attempts';
import { Part } from './Part';
import { Shown, TextValue } from './Value';

/** Halves that are looked for. There are two, unless a sender repeats itself. */
const MAX_HALVES = 10;
/** How often an open attempt is asked for its outcome again, in milliseconds. */
const ASK_AGAIN_MS = 10_000;

export function Attempt({ event }: { event: Event }) {
  const { attempt_id: attemptId } = event;
  if (attemptId === undefined) {
    return event.phase === 'attempt' ? <Unnamed event={event} /> : null;
  }
  return (
    <Part
      title="Attempt and Outcome"
      actions={
        <Words size="s" tone="muted">
          <TextValue
            about={{ label: 'Attempt ID', field: 'attempt_id', whole: 'See all of this attempt' }}
            text={attemptId}
            mono
          />
        </Words>
      }
    >
      <Pair event={event} attemptId={attemptId} />
    </Part>
  );
}

/** An attempt that nothing can follow: no id joins it to an outcome. */
function Unnamed({ event }: { event: Event }) {
  return (
    <Part title="Attempt and Outcome">
      <div className={styles['pair']}>
        <Half title="Attempt" event={event} isHere />
        <Missing title="Outcome">
          This attempt has no attempt ID, so no outcome can be joined to it. It stays open.
        </Missing>
      </div>
    </Part>
  );
}

function Pair({ event, attemptId }: { event: Event; attemptId: string }) {
  const { organizationId } = useDetail();
  const query = {
    range: 'all_time' as const,
    filter: [writeFilter({ field: 'attempt_id', op: 'is', value: attemptId })],
  };
  const answer = useQuery({
    ...fewEvents(organizationId, query, MAX_HALVES),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ phase }) => phase === 'outcome') === false ? ASK_AGAIN_MS : false,
  });
  if (answer.isError) {
    return <Callout kind="warn">The other half was not found out: {explain(answer.error)}</Callout>;
  }
  if (answer.data === undefined) return <Skeleton lines={2} label="Looking for the other half" />;
  const { attempt, outcome, moreOutcomes } = halvesOf(event, answer.data.data);
  return (
    <>
      <div className={styles['pair']}>
        {attempt === undefined ? (
          <Missing title="Attempt">
            It was not announced, or what announced it cannot be seen with your role.
          </Missing>
        ) : (
          <Half title="Attempt" event={attempt} isHere={attempt.id === event.id} />
        )}
        {outcome === undefined ? (
          <Open since={event.occurred_at} />
        ) : (
          <Half title="Outcome" event={outcome} isHere={outcome.id === event.id} after={attempt} />
        )}
      </div>
      {moreOutcomes > 0 && (
        <Words size="s" tone="muted">
          There {moreOutcomes === 1 ? 'is' : 'are'} {plural(moreOutcomes, 'more outcome')} of this attempt.
        </Words>
      )}
    </>
  );
}

interface HalfProps {
  title: string;
  event: Event;
  isHere: boolean;
  /** What it followed. */
  after?: Event | undefined;
}

function Half({ title, event, isHere, after }: HalfProps) {
  const { zone, hrefOf } = useDetail();
  const took = after === undefined ? undefined : durationBetween(after.occurred_at, event.occurred_at);
  return (
    <div className={classes(styles['half'], isHere && styles['here'])}>
      <div className={styles['head']}>
        <h4>{title}</h4>
        <ResultBadge result={event.result} />
      </div>
      <Words size="s" tone="muted" tabular>
        <time dateTime={event.occurred_at}>{absoluteTime(event.occurred_at, zone, 'milliseconds')}</time>
        {took !== undefined && `, ${took} later`}
      </Words>
      <p className={styles['words']}>
        <Shown text={event.description ?? event.name} isMultiline />
      </p>
      {event.reason !== undefined && (
        <p className={classes(styles['words'], styles['reason'])}>
          <Shown text={event.reason} isMultiline />
        </p>
      )}
      <Words size="s" tone="muted">
        {isHere ? 'This event' : <Link href={hrefOf(event.id)}>Show the {title.toLowerCase()}</Link>}
      </Words>
    </div>
  );
}

function Missing({ title, children }: { title: string; children: string }) {
  return (
    <div className={classes(styles['half'], styles['missing'])}>
      <h4>{title}</h4>
      <Words as="p" tone="muted">
        {children}
      </Words>
    </div>
  );
}

function Open({ since }: { since: string }) {
  const now = useNow();
  const began = parseInstant(since);
  return (
    <div className={classes(styles['half'], styles['open'])}>
      <h4>Outcome</h4>
      <Words as="p" strong>
        Still open{began !== undefined && ` for ${durationLabel(Math.max(0, now - began))}`}
      </Words>
      <Words as="p" size="s" tone="muted">
        Nobody has said what came of it.
      </Words>
    </div>
  );
}

function durationBetween(from: string, to: string): string | undefined {
  const [began, ended] = [parseInstant(from), parseInstant(to)];
  return began === undefined || ended === undefined || ended < began
    ? undefined
    : durationLabel(ended - began);
}
