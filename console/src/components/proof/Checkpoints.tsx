/** All checkpoints that were published, the newest first; each can be kept as a file. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';

import { checkpointPages, type PublishedCheckpoint } from '../../api/log';
import { explain } from '../../api/problem';
import type { OwnOrganization } from '../../api/session';
import { numberLabel } from '../../lib/text/numbers';
import { absoluteTime } from '../../lib/time/formats';
import { Button, IconButton } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Copyable } from '../../ui/Copy';
import { Card, Row } from '../../ui/Layout';
import { saveText } from '../../ui/save';
import { EmptyState, ErrorState, Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';

const columnsIn = (zone: string): Column<PublishedCheckpoint>[] => [
  {
    id: 'size',
    title: 'Events',
    width: '110px',
    align: 'end',
    cell: ({ size }) => <Words tabular>{numberLabel(size)}</Words>,
  },
  {
    id: 'signed',
    title: 'Signed',
    width: '220px',
    cell: ({ signed_at: at }) => (
      <time dateTime={at}>
        <Words tabular>{absoluteTime(at, zone, 'milliseconds')}</Words>
      </time>
    ),
  },
  { id: 'root', title: 'Root', cell: ({ root }) => <Copyable text={root} what="Root" /> },
  {
    id: 'file',
    title: 'File',
    hideTitle: true,
    width: '48px',
    align: 'end',
    cell: ({ size, checkpoint }) => (
      <IconButton
        label={`Download the checkpoint of ${numberLabel(size)} events`}
        size="s"
        onPress={() => saveText(`checkpoint-${size}.txt`, checkpoint)}
      >
        <Download aria-hidden />
      </IconButton>
    ),
  },
];

export function Checkpoints({ organization, zone }: { organization: OwnOrganization; zone: string }) {
  const pages = useInfiniteQuery(checkpointPages(organization.id));
  if (pages.isPending) return <Skeleton lines={6} label="Loading checkpoints" />;
  if (pages.data === undefined) {
    return (
      <ErrorState title="The checkpoints are not there" onRetry={() => void pages.refetch()}>
        {explain(pages.error)}
      </ErrorState>
    );
  }
  return (
    <>
      <Card flush>
        <DataTable
          label="Published checkpoints"
          columns={columnsIn(zone)}
          items={pages.data.pages.flatMap((page) => page.data)}
          keyOf={({ size }) => String(size)}
          empty={<EmptyState title="No checkpoint yet">The first one comes with the first event.</EmptyState>}
        />
      </Card>
      {pages.hasNextPage && (
        <Row justify="center">
          <Button isPending={pages.isFetchingNextPage} onPress={() => void pages.fetchNextPage()}>
            Show older checkpoints
          </Button>
        </Row>
      )}
      {pages.isFetchNextPageError && <Words tone="bad">{explain(pages.error)}</Words>}
    </>
  );
}
