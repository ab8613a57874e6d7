/** What is shown in place of a page that is not there or that failed. */
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { Compass } from 'lucide-react';

import { explain, isProblem, UNREACHABLE } from '../../api/problem';
import { places } from '../../api/places';
import { ButtonLink } from '../../ui/Button';
import { EmptyState, ErrorState, ForbiddenState } from '../../ui/States';

export function Missing() {
  return (
    <EmptyState
      isPage
      title="There is no such page"
      icon={<Compass aria-hidden />}
      action={<ButtonLink href={places.home}>Go to the events</ButtonLink>}
    >
      It may have been moved, or it belongs to an organization that you are no member of.
    </EmptyState>
  );
}

export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (isProblem(error) && error.status === 403) {
    return <ForbiddenState isPage>{error.message}</ForbiddenState>;
  }
  const title = isProblem(error, UNREACHABLE) ? error.title : 'This page could not be shown';
  return (
    <ErrorState
      isPage
      title={title}
      onRetry={() => {
        reset();
        void router.invalidate();
      }}
    >
      {explain(error)}
    </ErrorState>
  );
}
