/**
 * The exports, the newest first. While something is made the list is asked for again, ever more seldom; and not
 * at all while nothing is made, or while the page is not seen.
 */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { FileDown } from 'lucide-react';
import { useState } from 'react';

import { deleteExport, type Export, exportsQuery } from '../../api/exports';
import { explain, isProblem } from '../../api/problem';
import { projectsQuery } from '../../api/projects';
import { may, type OwnOrganization, useSession } from '../../api/session';
import { toApi } from '../../lib/query/state';
import { visibleText } from '../../lib/text/visible';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Card } from '../../ui/Layout';
import { Confirm } from '../../ui/Modal';
import { EmptyState, ErrorState, ForbiddenState, Skeleton } from '../../ui/States';
import { toast } from '../../ui/toasts';
import { describeExport, lookOfExport } from './asked';
import type { ExportSource } from './export-draft';
import { ExportItem } from './ExportItem';
import styles from './Exports.module.css';
import { isUnfinished, waitMs } from './pace';

export interface ExportListProps {
  organization: OwnOrganization;
  /** Opens the dialog, of all entries or of what an export had. */
  onAsk: (source: ExportSource | undefined) => void;
}

/** What an export had, to be asked again. Its range means what it means now. */
function sourceOf(exported: Export): ExportSource | undefined {
  const look = lookOfExport(exported);
  if (look === undefined) return undefined;
  return {
    title: 'The same entries',
    query: toApi(look),
    columns: exported.columns,
    name: exported.name,
    format: exported.format,
  };
}

export function ExportList({ organization, onAsk }: ExportListProps) {
  const query = useInfiniteQuery(exportsQuery(organization.id, waitMs));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  if (data === undefined) {
    if (error === null) return <Skeleton lines={6} label="Loading the exports" />;
    if (isProblem(error) && error.status === 403) return <ForbiddenState>{error.message}</ForbiddenState>;
    return (
      <ErrorState title="The exports could not be loaded" onRetry={() => void refetch()}>
        {explain(error)}
      </ErrorState>
    );
  }
  const exports = data.pages.flatMap((page) => page.data);
  return (
    <>
      {error !== null && (
        <Callout
          kind="warn"
          title="What is shown may be out of date"
          action={
            <Button size="s" onPress={() => void refetch()}>
              Try again
            </Button>
          }
        >
          {explain(error)}
        </Callout>
      )}
      {exports.length === 0 ? (
        <NoExports onAsk={() => onAsk(undefined)} />
      ) : (
        <Card flush>
          <Items organization={organization} exports={exports} onAsk={onAsk} />
          {hasNextPage && (
            <div className={styles['more']}>
              <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
                Load more
              </Button>
            </div>
          )}
        </Card>
      )}
    </>
  );
}

function NoExports({ onAsk }: { onAsk: () => void }) {
  return (
    <EmptyState
      title="No exports yet"
      icon={<FileDown aria-hidden />}
      action={
        <Button look="primary" onPress={onAsk}>
          Queue Export…
        </Button>
      }
    >
      An export is a file of the log’s entries, as CSV, Excel, NDJSON or Parquet. It is made in the background
      and waits here to be downloaded. To export a part of the log, look at it in the explorer and choose
      Export Log.
    </EmptyState>
  );
}

interface ItemsProps extends ExportListProps {
  exports: readonly Export[];
}

function Items({ organization, exports, onAsk }: ItemsProps) {
  const session = useSession();
  const projects = useQuery(projectsQuery(organization.id)).data ?? [];
  const [removedId, setRemovedId] = useState<string>();
  // As it is now: it may come to its end while it is asked whether to cancel it.
  const removed = exports.find(({ id }) => id === removedId);
  const nameOf = (id: string) =>
    [...organization.projects, ...projects].find((project) => project.id === id)?.name;
  const mayRemove = ({ created_by: maker }: Export) =>
    may(organization, 'events.export') || (maker.type === 'user' && maker.id === session?.user.id);
  return (
    <>
      <ul className={styles['list']} aria-label="Exports">
        {exports.map((exported) => {
          const source = sourceOf(exported);
          return (
            <ExportItem
              key={exported.id}
              exported={exported}
              organizationId={organization.id}
              words={describeExport(exported, nameOf)}
              mayRemove={mayRemove(exported)}
              onRemove={() => setRemovedId(exported.id)}
              onAgain={source === undefined ? undefined : () => onAsk(source)}
            />
          );
        })}
      </ul>
      {removed !== undefined && (
        <RemoveExport
          exported={removed}
          organizationId={organization.id}
          onClose={() => setRemovedId(undefined)}
        />
      )}
    </>
  );
}

interface RemoveExportProps {
  exported: Export;
  organizationId: string;
  onClose: () => void;
}

/** Asks first: a file that is deleted has to be made again. */
function RemoveExport({ exported, organizationId, onClose }: RemoveExportProps) {
  const isRunning = isUnfinished(exported);
  const name = visibleText(exported.name);
  return (
    <Confirm
      title={isRunning ? `Cancel “${name}”?` : `Delete “${name}”?`}
      action={isRunning ? 'Cancel the export' : 'Delete the export'}
      isOpen
      onClose={onClose}
      onConfirm={async () => {
        await deleteExport(organizationId, exported.id);
        toast(isRunning ? `“${name}” is cancelled` : `“${name}” is deleted`);
      }}
      explain={explain}
    >
      {isRunning
        ? 'What has been made of the file is removed. The export stays in the list as cancelled.'
        : exported.status === 'complete'
          ? 'The file and the export are gone then, for everybody. Copies that were downloaded stay where they are. That it was deleted is on the log.'
          : 'The export goes from the list, for everybody. That it was deleted is on the log.'}
    </Confirm>
  );
}
