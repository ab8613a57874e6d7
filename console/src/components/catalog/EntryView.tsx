/** What is known of one event type, with an example and the call that sends it. */
import { useState } from 'react';
import { Link } from 'react-aria-components';

import type { CatalogEntry, CatalogField } from '../../api/catalog';
import { plural } from '../../lib/text/numbers';
import { Badge } from '../../ui/Badge';
import { Callout } from '../../ui/Callout';
import { CodeBlock, Copyable } from '../../ui/Copy';
import { type Column, DataTable } from '../../ui/DataTable';
import { Facts } from '../../ui/Facts';
import { Card, Section, Stack } from '../../ui/Layout';
import { Said } from '../../ui/Said';
import { Tabs } from '../../ui/Tabs';
import { Words } from '../../ui/Text';
import { EventTypeBadge } from '../events/badges';
import { callIn, exampleOf, LANGUAGES, maySend } from './examples';

const COLUMNS: readonly Column<CatalogField>[] = [
  { id: 'key', title: 'Key', cell: ({ key }) => <Copyable text={key} what="Key" /> },
  { id: 'label', title: 'Name', cell: ({ label }) => <Said text={label} /> },
  { id: 'type', title: 'Type', width: '120px', cell: ({ type }) => <Words mono>{type}</Words> },
  {
    id: 'required',
    title: 'Required',
    width: '100px',
    cell: ({ required }) =>
      required ? <Badge tone="warn">Required</Badge> : <Words tone="muted">optional</Words>,
  },
];

export interface EntryViewProps {
  entry: CatalogEntry;
  /** Events of it in the last 30 days; undefined while nobody knows, or may know. */
  count: number | undefined;
  countHref: string;
  actions?: React.ReactNode;
}

export function EntryView({ entry, count, countHref, actions }: EntryViewProps) {
  return (
    <Stack gap={5}>
      <Section title={entry.name} description={<Said text={entry.description} />} actions={actions}>
        <Card>
          <Facts
            facts={[
              { name: 'Action', value: <Copyable text={entry.action} what="Action" /> },
              ...(entry.aliases.length === 0
                ? []
                : [{ name: 'Aliases', value: <Said text={entry.aliases.join(', ')} /> }]),
              { name: 'Category', value: <Said text={entry.category} /> },
              {
                name: 'Event type',
                value: (
                  <>
                    {entry.event_type} <EventTypeBadge type={entry.event_type} badge={entry.badge} />
                  </>
                ),
              },
              { name: 'Level', value: entry.level },
              ...(count === undefined
                ? []
                : [
                    {
                      name: 'Recorded',
                      value:
                        count === 0 ? (
                          'None in the last 30 days'
                        ) : (
                          <Link href={countHref}>{plural(count, 'event')} in the last 30 days</Link>
                        ),
                    },
                  ]),
            ]}
          />
        </Card>
      </Section>
      <Section
        title="Metadata"
        description="What has one of these keys must have its type. Other keys may be sent too."
      >
        <Card flush={entry.metadata.length > 0}>
          <DataTable
            label="Metadata"
            columns={COLUMNS}
            items={entry.metadata}
            keyOf={({ key }) => key}
            empty={<Words tone="muted">The catalog knows no metadata of it. Any may be sent.</Words>}
          />
        </Card>
      </Section>
      {maySend(entry) ? (
        <SendOne entry={entry} />
      ) : (
        <Callout>Only Evident itself records this, when somebody reads the log. Nobody can send it.</Callout>
      )}
    </Stack>
  );
}

function SendOne({ entry }: { entry: CatalogEntry }) {
  const [language, setLanguage] = useState<string>('curl');
  const event = exampleOf(entry);
  return (
    <Section
      title="Send one"
      description="With a key that may record, in EVIDENT_API_KEY. Name, category and badge are filled in by the server."
    >
      <Card>
        <Tabs
          label="Language"
          selected={language}
          onSelect={setLanguage}
          items={LANGUAGES.map(({ id, label }) => ({
            id,
            label,
            content: <CodeBlock text={callIn(id, window.location.origin, event)} what={`Call in ${label}`} />,
          }))}
        />
      </Card>
    </Section>
  );
}
