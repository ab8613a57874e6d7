/**
 * What happens, how much and by whom, at a glance. Each number leads to the events that it counts.
 */
import { useQuery } from '@tanstack/react-query';
import { ChartColumn } from 'lucide-react';

import { histogramQuery } from '../../api/events';
import { explain, isProblem } from '../../api/problem';
import { mayAnywhere } from '../../api/session';
import { LookProvider, useLook } from '../../components/explorer/look';
import { ScopeSwitch } from '../../components/query/ScopeSwitch';
import { TimeRange } from '../../components/query/TimeRange';
import { ButtonLink } from '../../ui/Button';
import { Card, Columns, Page } from '../../ui/Layout';
import { EmptyState, ErrorState, ForbiddenState, Skeleton } from '../../ui/States';
import { Activity } from './Activity';
import { eventsOf, useInsightsLook } from './insights-look';
import { Numbers } from './Numbers';
import { OpenAttempts } from './OpenAttempts';
import { Refusals } from './Refusals';
import { Rhythm } from './Rhythm';
import { Silent } from './Silent';
import { TopActions, TopActors, TopResources } from './Top';

export function Insights() {
  const look = useInsightsLook();
  if (!mayAnywhere(look.organization, 'events.read')) {
    return (
      <Page title="Insights">
        <ForbiddenState />
      </Page>
    );
  }
  return (
    <LookProvider look={look}>
      <Page
        title="Insights"
        description="What happens, how much, and by whom. Each number leads to the events that it counts."
        actions={
          <>
            <ScopeSwitch />
            <TimeRange />
          </>
        }
      >
        <Panels />
      </Page>
    </LookProvider>
  );
}

function Panels() {
  const look = useLook();
  const { data, error, isPlaceholderData, refetch } = useQuery(
    histogramQuery(look.organization.id, look.query),
  );
  if (data === undefined) {
    if (isProblem(error) && error.status === 403) return <ForbiddenState>{explain(error)}</ForbiddenState>;
    if (error !== null) {
      return (
        <ErrorState title="The numbers are not there" onRetry={() => void refetch()}>
          {explain(error)}
        </ErrorState>
      );
    }
    return (
      <Card>
        <Skeleton lines={6} label="Counting" />
      </Card>
    );
  }
  const total = data.buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0 && !isPlaceholderData) {
    return (
      <EmptyState
        title="Nothing happened in this time"
        icon={<ChartColumn aria-hidden />}
        action={
          <ButtonLink href={eventsOf(look, { range: 'all_time' })}>See the events of all time</ButtonLink>
        }
      >
        Choose another time or project.
      </EmptyState>
    );
  }
  return (
    <>
      <Numbers total={total} isStale={isPlaceholderData} />
      <Activity histogram={data} isStale={isPlaceholderData} />
      <Columns least={224}>
        <TopActors />
        <TopResources />
        <TopActions />
      </Columns>
      <Rhythm histogram={data} />
      <Refusals interval={data.interval} />
      <Columns least={340}>
        <Silent histogram={data} />
        <OpenAttempts />
      </Columns>
    </>
  );
}
