/**
 * What stands in place of the rows when there are none: the way to the first event of all in a log that has
 * none yet, and the way out of a query that finds nothing.
 */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';

import { fewEvents } from '../../api/events';
import { mayAnywhere } from '../../api/session';
import type { ApiQuery } from '../../lib/query/state';
import { EMPTY_QUERY } from '../../lib/query/state';
import { Button } from '../../ui/Button';
import { EmptyState, Skeleton } from '../../ui/States';
import { useLook } from './look';

const FirstEvent = lazy(() =>
  import('../first-event/FirstEvent').then((module) => ({ default: module.FirstEvent })),
);

/** Everything but what Evident records of itself. */
const OF_OTHERS: ApiQuery = { range: 'all_time', filter: ['metadata.system:is_not:evident'] };

export function NothingFound({ onArrived }: { onArrived: () => void }) {
  const { organization, change, state } = useLook();
  const any = useQuery(fewEvents(organization.id, OF_OTHERS, 1));
  if (any.isLoading) return <Skeleton lines={6} label="Looking for any events" />;
  if (any.data?.total === 0) {
    return (
      <Suspense fallback={<Skeleton lines={6} />}>
        <FirstEvent
          organizationId={organization.id}
          mayMakeKeys={mayAnywhere(organization, 'keys.manage')}
          onArrived={onArrived}
        />
      </Suspense>
    );
  }
  return (
    <EmptyState
      title="No events match"
      action={
        <Button
          onPress={() =>
            change({ ...EMPTY_QUERY, view: state.view, projectId: state.projectId, range: 'all_time' })
          }
        >
          Show all events of all time
        </Button>
      }
    >
      Take a filter away, or look at a longer time.
    </EmptyState>
  );
}
