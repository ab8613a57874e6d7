/** The event reference: every event type that the organization knows, searchable, each with an address. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Plus, Search } from 'lucide-react';
import { useMemo, useState } from 'react';

import { type Catalog as CatalogAnswer, type CatalogEntry, catalogQuery } from '../../api/catalog';
import { facetsQuery } from '../../api/events';
import { places } from '../../api/places';
import { explain } from '../../api/problem';
import { may, mayAnywhere, type OwnOrganization } from '../../api/session';
import { CatalogFrame } from '../../components/catalog/CatalogFrame';
import { CatalogList } from '../../components/catalog/CatalogList';
import { EntryView } from '../../components/catalog/EntryView';
import { EventTypeEditor } from '../../components/catalog/EventTypeEditor';
import {
  byCategory,
  findEntries,
  mayBeOwn,
  readWanted,
  type Wanted,
  writeWanted,
} from '../../components/catalog/finding';
import { useOrganization } from '../../components/shell/use-organization';
import { EMPTY_QUERY, EVENT_TYPES, LEVELS, writeSearch } from '../../lib/query/state';
import { plural } from '../../lib/text/numbers';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Field';
import { Columns, Page, Stack } from '../../ui/Layout';
import { Select } from '../../ui/Select';
import { EmptyState, ErrorState, Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';

/** Actions that are counted in one answer: more than the catalog has. */
const COUNTED_ACTIONS = 500;
const RANGE = 'last_30_days';
const ANY = 'any';

export function Catalog() {
  const organization = useOrganization();
  const catalog = useQuery(catalogQuery(organization.id));
  return catalog.data === undefined ? (
    <Page title="Catalog">
      {catalog.isError ? (
        <ErrorState title="The catalog is not there" onRetry={() => void catalog.refetch()}>
          {explain(catalog.error)}
        </ErrorState>
      ) : (
        <Skeleton lines={12} label="Loading the catalog" />
      )}
    </Page>
  ) : (
    <Reference organization={organization} catalog={catalog.data} />
  );
}

/** How many events of each action there were lately. Undefined: nobody knows, or the role does not show it. */
function useCounts(organization: OwnOrganization): (action: string) => number | undefined {
  const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { data } = useQuery({
    ...facetsQuery(organization.id, { range: RANGE, tz }, ['action'], COUNTED_ACTIONS),
    enabled: mayAnywhere(organization, 'events.read'),
  });
  const facet = data?.facets['action'];
  if (facet === undefined) return () => undefined;
  const counts = new Map(facet.values.map(({ value, count }) => [value, count]));
  const isAll = facet.distinct <= facet.values.length;
  return (action) => counts.get(action) ?? (isAll ? 0 : undefined);
}

interface ReferenceProps {
  organization: OwnOrganization;
  catalog: CatalogAnswer;
}

function Reference({ organization, catalog }: ReferenceProps) {
  const { id } = organization;
  const search = useSearch({ strict: false });
  const action = useParams({ strict: false }).action;
  const navigate = useNavigate();
  const client = useQueryClient();
  const countOf = useCounts(organization);
  const [editing, setEditing] = useState<{ entry: CatalogEntry | undefined }>();
  const wanted = useMemo(() => readWanted(search), [search]);
  const found = useMemo(() => findEntries(catalog.events, wanted), [catalog, wanted]);
  const entry = catalog.events.find((one) => one.action === action);
  const hrefOf = (one: string) => places.catalogEntry(id, one, writeWanted(wanted));
  const mayManage = may(organization, 'catalog.manage');
  const want = (next: Wanted) => {
    void navigate({ to: '.', search: writeWanted(next), replace: true });
  };
  const saved = (one: CatalogEntry) => {
    setEditing(undefined);
    toast(`${one.name} is in the catalog`);
    void client.invalidateQueries({ queryKey: catalogQuery(id).queryKey });
    void navigate({ href: places.catalogEntry(id, one.action) });
  };
  return (
    <Page
      title="Catalog"
      description={`${plural(catalog.events.length, 'event type')}, version ${catalog.version}. The catalog gives each action its name, category, type and level, and says what metadata it carries.`}
      actions={
        mayManage && (
          <Button icon={<Plus aria-hidden />} onPress={() => setEditing({ entry: undefined })}>
            Add event type
          </Button>
        )
      }
    >
      <CatalogFrame
        controls={
          <Controls wanted={wanted} onChange={want} found={found.length} all={catalog.events.length} />
        }
        list={
          <CatalogList
            groups={byCategory(found)}
            chosen={action}
            hrefOf={(one) => hrefOf(one.action)}
            countOf={countOf}
          />
        }
        isChosen={action !== undefined}
        backHref={places.catalog(id, writeWanted(wanted))}
      >
        {entry !== undefined ? (
          <EntryView
            key={entry.action}
            entry={entry}
            count={countOf(entry.action)}
            countHref={places.events(
              id,
              writeSearch({ ...EMPTY_QUERY, range: RANGE, actions: [entry.action] }),
            )}
            actions={
              mayManage &&
              mayBeOwn(catalog, entry.action) && <Button onPress={() => setEditing({ entry })}>Edit</Button>
            }
          />
        ) : action !== undefined ? (
          <EmptyState title="The catalog does not know this action">
            Events of it are recorded under the category Custom.
          </EmptyState>
        ) : (
          <EmptyState title="Choose an event type">
            Each has its metadata, an example, and the call that sends it.
          </EmptyState>
        )}
      </CatalogFrame>
      {editing !== undefined && (
        <EventTypeEditor
          entry={editing.entry}
          categories={[...new Set(catalog.events.map(({ category }) => category))]}
          onClose={() => setEditing(undefined)}
          onSaved={saved}
        />
      )}
    </Page>
  );
}

interface ControlsProps {
  wanted: Wanted;
  onChange: (wanted: Wanted) => void;
  found: number;
  all: number;
}

function Controls({ wanted, onChange, found, all }: ControlsProps) {
  const { eventType, level } = wanted;
  return (
    <Stack gap={2}>
      <TextField
        label="Search event types"
        hideLabel
        type="search"
        icon={<Search aria-hidden />}
        placeholder="Search name, action, alias, metadata…"
        value={wanted.text}
        onChange={(text) => onChange({ ...wanted, text })}
      />
      <Columns least={130} gap={2}>
        <Select
          label="Event type"
          hideLabel
          size="s"
          options={[
            { value: ANY, label: 'All event types' },
            ...EVENT_TYPES.map((value) => ({ value, label: value })),
          ]}
          value={eventType ?? ANY}
          onChange={(value) => onChange({ ...wanted, eventType: value === ANY ? undefined : value })}
        />
        <Select
          label="Level"
          hideLabel
          size="s"
          options={[{ value: ANY, label: 'All levels' }, ...LEVELS.map((value) => ({ value, label: value }))]}
          value={level ?? ANY}
          onChange={(value) => onChange({ ...wanted, level: value === ANY ? undefined : value })}
        />
      </Columns>
      {found < all && (
        <Words size="s" tone="muted">
          <span role="status">
            {found} of {plural(all, 'event type')}
          </span>
        </Words>
      )}
    </Stack>
  );
}
