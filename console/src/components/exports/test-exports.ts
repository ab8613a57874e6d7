/** Exports for tests. */
import type { Export } from '../../api/exports';

/** An export that is complete, but for what is said otherwise. */
export function exportOf(other: Partial<Export> = {}): Export {
  return {
    id: 'exp_1',
    name: 'Role changes',
    format: 'csv',
    status: 'complete',
    query: { range: ['last_30_days'], action: ['role.*'] },
    columns: [],
    range: { from: '2026-10-24T00:00:00.000000Z', to: '2026-11-23T00:00:00.000000Z' },
    as_of: 1200,
    created_at: '2026-11-22T09:00:00.000000Z',
    created_by: { type: 'user', id: 'usr_1', name: 'Ada', email: 'ada@example.com' },
    started_at: '2026-11-22T09:00:01.000000Z',
    finished_at: '2026-11-22T09:00:03.000000Z',
    expires_at: '2026-11-29T09:00:03.000000Z',
    progress: { rows_done: 12, rows_total: 12, percent: 100, estimated_seconds_left: 0 },
    rows: 12,
    size: 2048,
    sha256: 'ab'.repeat(32),
    file_name: 'Role_changes_2026-11-22.csv',
    error: null,
    ...other,
  };
}
