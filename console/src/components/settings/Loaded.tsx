/** An answer of the server on its way to the page: not there yet, not allowed, failed, or shown. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { ErrorState, ForbiddenState, Skeleton } from '../../ui/States';

export interface LoadedProps<Data> {
  query: UseQueryResult<Data>;
  /** What is loaded, as in "The members". */
  what: string;
  /** How many lines stand there meanwhile. */
  lines?: number;
  children: (data: Data) => ReactNode;
}

export function Loaded<Data>({ query, what, lines = 6, children }: LoadedProps<Data>) {
  const { data, error, isFetching, refetch } = query;
  if (error === null) {
    return data === undefined ? <Skeleton lines={lines} label={`Loading: ${what}`} /> : <>{children(data)}</>;
  }
  if (isProblem(error) && error.status === 403) return <ForbiddenState>{error.message}</ForbiddenState>;
  const retry = () => void refetch();
  if (data === undefined) {
    const title =
      isProblem(error) && error.status === 404 ? 'It is not there' : `${what} could not be loaded`;
    return (
      <ErrorState title={title} onRetry={retry}>
        {explain(error)}
      </ErrorState>
    );
  }
  // What was there stays on the screen.
  return (
    <>
      <Callout
        kind="warn"
        title={`${what} could not be loaded again`}
        action={
          <Button size="s" isPending={isFetching} onPress={retry}>
            Try again
          </Button>
        }
      >
        What is shown may be out of date. {explain(error)}
      </Callout>
      {children(data)}
    </>
  );
}
