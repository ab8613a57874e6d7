/**
 * What was done to the settings, as the log has it: the newest events for a pattern of actions, in the columns of
 * the change history. The explorer shows the same query with everything else that it can.
 */
import { useQuery } from '@tanstack/react-query';
import { ExternalLink, Eye, ListFilter } from 'lucide-react';
import { useEffect, useState } from 'react';

import { type Event, fewEvents } from '../../api/events';
import { places } from '../../api/places';
import type { ApiQuery } from '../../lib/query/state';
import { ButtonLink } from '../../ui/Button';
import { Combo } from '../../ui/Combo';
import { CopyButton } from '../../ui/Copy';
import { type Column, DataTable } from '../../ui/DataTable';
import { Card, Fill, Row } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';
import { Words } from '../../ui/Text';
import { columnOf } from '../events/columns';
import { useOrganization } from '../shell/use-organization';
import { Loaded } from './Loaded';
import styles from './Settings.module.css';

/** How many are shown; the explorer shows the others. */
const NEWEST = 50;
/** How long a pattern rests before it is asked for, in milliseconds. */
const RESTS_MS = 200;

const COLUMNS = ['occurred_at', 'action', 'target.type', 'target.id', 'actor.id'] as const;
/** Columns whose values are not broken. */
const ONE_LINE: ReadonlySet<string> = new Set(['occurred_at', 'target.id', 'actor.id']);
const RANGE = 'last_30_days';

/** Patterns that people ask for most, as the event reference has their actions. */
const PATTERNS: readonly string[] = [
  'organisation.*',
  'organisation.updated',
  'organisation.user.*',
  'organisation.user.role.*',
  'organisation.retention.updated',
  'project.*',
  'project_member.*',
  'project_role.*',
  'role.*',
  'api_key.*',
  'settings.changed',
];

export interface AuditEventsProps {
  projectId?: string;
  /** What an empty box stands for; without it, everything. */
  defaultPattern?: string;
  pattern: string;
  onPattern: (pattern: string) => void;
}

export function AuditEvents({ projectId, defaultPattern, pattern, onPattern }: AuditEventsProps) {
  const organization = useOrganization();
  const [typed, setTyped] = useState(pattern);
  useEffect(() => {
    if (typed === pattern) return;
    const timer = setTimeout(() => onPattern(typed), RESTS_MS);
    return () => clearTimeout(timer);
  }, [typed, pattern, onPattern]);

  const asked = pattern.trim() === '' ? defaultPattern : pattern.trim();
  const query: ApiQuery = {
    range: RANGE,
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(projectId !== undefined && { project_id: projectId }),
    ...(asked !== undefined && { action: [asked] }),
  };
  const events = useQuery(fewEvents(organization.id, query, NEWEST));
  const explorer = places.events(organization.id, {
    view: 'view_change_history',
    range: RANGE,
    ...(asked !== undefined && { action: asked }),
    ...(projectId !== undefined && { project_id: projectId }),
  });
  const suggestions = PATTERNS.filter((one) => one.includes(typed.trim().toLowerCase())).map((value) => ({
    value,
  }));
  return (
    <Card flush>
      <div className={styles['tools']}>
        <div className={styles['search']}>
          <Combo
            label="Action pattern"
            hideLabel
            placeholder={defaultPattern ?? 'Every action'}
            value={typed}
            onChange={setTyped}
            suggestions={suggestions}
          />
        </div>
        <Words size="s" tone="muted">
          Last 30 days
        </Words>
        <Fill />
        <ButtonLink href={explorer} icon={<ListFilter aria-hidden />}>
          Open in the explorer
        </ButtonLink>
      </div>
      <Loaded query={events} what="The events">
        {({ data, total }) => (
          <>
            <DataTable
              label="Changes"
              columns={columnsOf(organization.id)}
              items={data}
              keyOf={({ id }) => id}
              empty={<NoEvents pattern={asked} />}
            />
            {total > data.length && (
              <div className={styles['pager']}>
                <span>
                  The newest {data.length} of {total.toLocaleString('en-US')}
                </span>
                <ButtonLink size="s" look="quiet" href={explorer} icon={<ExternalLink aria-hidden />}>
                  See all
                </ButtonLink>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function NoEvents({ pattern }: { pattern: string | undefined }) {
  return (
    <EmptyState title="No changes in the last 30 days">
      {pattern === undefined
        ? 'Nothing was recorded here.'
        : `Nothing was recorded whose action is ${pattern}. A * stands for any characters.`}
    </EmptyState>
  );
}

const look = {
  times: 'timestamp',
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  words: [],
} as const;

function columnsOf(organizationId: string): Column<Event>[] {
  const shown = COLUMNS.map((field): Column<Event> => {
    const { label, cell } = columnOf(field);
    const shown = (event: Event) => cell(event, look);
    return {
      id: field,
      title: field === 'occurred_at' ? 'Timestamp' : label,
      cell: ONE_LINE.has(field)
        ? (event) => <span className={styles['one-line']}>{shown(event)}</span>
        : shown,
    };
  });
  const actions: Column<Event> = {
    id: 'actions',
    title: 'Actions',
    hideTitle: true,
    align: 'end',
    width: '84px',
    cell: (event) => (
      <Row gap={1} justify="end" wrap={false}>
        <CopyButton text={() => JSON.stringify(event, null, 2)} what="Event as JSON" />
        <ButtonLink
          size="s"
          look="quiet"
          href={places.event(organizationId, event.id)}
          aria-label="View event"
          icon={<Eye aria-hidden />}
        >
          <span className="visually-hidden">View</span>
        </ButtonLink>
      </Row>
    ),
  };
  return [...shown, actions];
}
