/** A dry run on its way: asked, answered, refused, or not allowed. */
import type { UseQueryResult } from '@tanstack/react-query';

import { explain, isProblem } from '../../../api/problem';
import type { RetentionPreview } from '../../../api/retention';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Skeleton } from '../../../ui/States';
import { WouldGo } from './WouldGo';

export interface DryRunProps {
  /** Undefined: the person may not ask for one. */
  preview: UseQueryResult<RetentionPreview> | undefined;
}

export function DryRun({ preview }: DryRunProps) {
  if (preview === undefined) {
    return (
      <Callout title="Nobody knows yet what would go">
        A dry run is for who manages retention in the whole organization.
      </Callout>
    );
  }
  const { data, error, isFetching, refetch } = preview;
  if (isFetching) return <Skeleton lines={3} label="Looking at what would go" />;
  if (error !== null) {
    const isBusy = isProblem(error, 'too_many_previews');
    return (
      <Callout
        kind="bad"
        title={isBusy ? 'Another dry run is under way' : 'What would go could not be found out'}
        action={
          <Button size="s" onPress={() => void refetch()}>
            Try again
          </Button>
        }
      >
        {explain(error)}
      </Callout>
    );
  }
  return data !== undefined && <WouldGo preview={data} />;
}
