/**
 * How many rows the file will have, by the very query that will be asked. It is the count of this moment: what is
 * recorded until the button is pressed is in the file, too.
 */
import { useQuery } from '@tanstack/react-query';

import { fewEvents } from '../../api/events';
import { explain } from '../../api/problem';
import type { ApiQuery } from '../../lib/query/state';
import { plural } from '../../lib/text/numbers';
import type { ExportFormat } from '../../api/exports';
import { type ExportDraft, type ExportSource, queryOfDraft, type Reader } from './export-draft';
import styles from './Exports.module.css';

/** Rows of one sheet of a workbook. */
const ROWS_OF_SHEET = 1_048_575;
/** Most rows of a file, where there is a bound. */
const MOST_ROWS: Partial<Record<ExportFormat, number>> = { xlsx: 67_108_800 };

export interface RowEstimateProps {
  organizationId: string;
  draft: ExportDraft;
  source: ExportSource | undefined;
  reader: Reader;
}

/** What is to be said of so many rows in a format. */
export function rowWords(rows: number, format: ExportFormat): string {
  if (rows === 0) return 'Nothing matches: the file would be empty.';
  const count = `${plural(rows, 'entry', 'entries')} match just now`;
  const most = MOST_ROWS[format] ?? Number.POSITIVE_INFINITY;
  if (rows > most) return `${count}, more than one workbook holds. Choose another format or less.`;
  const sheets = format === 'xlsx' ? Math.ceil(rows / ROWS_OF_SHEET) : 1;
  return `${rows === 1 ? '1 entry matches just now' : count}${sheets > 1 ? `, on ${sheets} sheets` : ''}.`;
}

export function RowEstimate({ organizationId, draft, source, reader }: RowEstimateProps) {
  const query = queryOfDraft(draft, source, reader);
  return (
    <div className={styles['estimate']} role="status">
      {query === undefined ? (
        ''
      ) : (
        <Count organizationId={organizationId} query={query} format={draft.format} />
      )}
    </div>
  );
}

function Count({
  organizationId,
  query,
  format,
}: {
  organizationId: string;
  query: ApiQuery;
  format: ExportFormat;
}) {
  const { data, error, isPlaceholderData } = useQuery(fewEvents(organizationId, query, 1));
  // The count of another query is no estimate of this one.
  if (error !== null) return <>The entries could not be counted. {explain(error)}</>;
  if (data === undefined || isPlaceholderData) return <>Counting…</>;
  return <>{rowWords(data.total, format)}</>;
}
