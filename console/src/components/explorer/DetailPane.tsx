/**
 * The event that is open, beside the list or over it. It has an address of its own, so it may be one that the
 * list does not have: then it is fetched by itself.
 */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef } from 'react';

import { type Event, eventQuery } from '../../api/events';
import { explain, isProblem } from '../../api/problem';
import { places } from '../../api/places';
import { allByActor } from '../../lib/query/change';
import { addFilter } from '../../lib/query/filters';
import { writeSearch } from '../../lib/query/state';
import { ErrorState, EmptyState, Skeleton } from '../../ui/States';
import { Button } from '../../ui/Button';
import { isCovered } from '../shell/Shortcuts';
import styles from './Explorer.module.css';
import { useLook } from './look';

const EventDetail = lazy(() =>
  import('../detail/EventDetail').then((module) => ({ default: module.EventDetail })),
);

export function DetailPane({ events }: { events: readonly Event[] }) {
  const { eventId } = useLook();
  return eventId === undefined ? null : <OpenEvent key="open" id={eventId} events={events} />;
}

function OpenEvent({ id, events }: { id: string; events: readonly Event[] }) {
  const { organization, open, change, zone, state } = useLook();
  const pane = useRef<HTMLElement>(null);
  const index = events.findIndex((event) => event.id === id);
  const listed = events[index];
  const fetched = useQuery({ ...eventQuery(organization.id, id), enabled: listed === undefined });
  const event = listed ?? (fetched.data?.id === id ? fetched.data : undefined);
  const previous = index > 0 ? events[index - 1] : undefined;
  const next = index >= 0 ? events[index + 1] : undefined;
  const close = () => open(undefined);
  const hrefOf = (other: string) => places.event(organization.id, other, writeSearch(state));

  // Escape closes it from within; the list keeps its own keys.
  useEffect(() => {
    const press = (pressed: KeyboardEvent) => {
      if (pressed.key !== 'Escape' || pressed.defaultPrevented) return;
      if (isCovered()) return;
      open(undefined);
      requestAnimationFrame(() => document.getElementById(`event-${id}`)?.focus({ preventScroll: true }));
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [open, id]);

  return (
    <section ref={pane} className={styles['detail']} aria-label="Event details">
      {event !== undefined ? (
        <Suspense fallback={<Skeleton lines={8} label="Loading the event" />}>
          <EventDetail
            event={event}
            zone={zone}
            {...(index >= 0 && { position: `${index + 1}` })}
            onFilter={(filter) =>
              change((state) => ({ ...state, filters: addFilter(state.filters, filter) }))
            }
            onSeeActor={(actor) => change(allByActor(state, actor.id))}
            hrefOf={hrefOf}
            onClose={close}
            {...(previous !== undefined && { onPrevious: () => open(previous.id, { replace: true }) })}
            {...(next !== undefined && { onNext: () => open(next.id, { replace: true }) })}
          />
        </Suspense>
      ) : fetched.error !== null ? (
        isProblem(fetched.error) && fetched.error.status === 404 ? (
          <EmptyState title="There is no such event" action={<Button onPress={close}>Close</Button>}>
            It was never recorded here, it has been removed, or your role does not show it.
          </EmptyState>
        ) : (
          <ErrorState title="The event could not be read" onRetry={() => void fetched.refetch()}>
            {explain(fetched.error)}
          </ErrorState>
        )
      ) : (
        <Skeleton lines={8} label="Loading the event" />
      )}
    </section>
  );
}
