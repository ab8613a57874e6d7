/**
 * The explorer: what is asked at the top, what was found below it, and the event that is open beside the list
 * or over it.
 */
import { PanelLeft, Radio } from 'lucide-react';
import { type ReactNode, type RefObject, useCallback, useMemo, useRef, useState } from 'react';

import type { Event } from '../../api/events';
import { explain, isProblem } from '../../api/problem';
import { searchedRuns } from '../../lib/query/search';
import { plural } from '../../lib/text/numbers';
import { Button, IconButton, Toggle } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { copy } from '../../ui/Copy';
import { ErrorState, ForbiddenState, Skeleton } from '../../ui/States';
import { EventTable, type EventTableHandle } from '../events/EventTable';
import { usePageShortcuts } from '../shell/Shortcuts';
import { useTitle } from '../shell/use-title';
import { ActionPattern } from '../query/ActionPattern';
import { FilterButton } from '../query/FilterButton';
import { FilterChips } from '../query/FilterChips';
import { ScopeSwitch } from '../query/ScopeSwitch';
import { SearchBar, type SearchBarHandle } from '../query/SearchBar';
import { TimeRange } from '../query/TimeRange';
import { EventTypeSelect, ResultSelect } from '../query/TypeSelects';
import { columnNames } from './column-names';
import { Columns } from './Columns';
import { DetailPane } from './DetailPane';
import { setDisplay, useDisplay } from './display';
import styles from './Explorer.module.css';
import { ExportMenu } from './ExportMenu';
import { Facets, FacetsButton } from './Facets';
import { Histogram } from './Histogram';
import { useLook } from './look';
import { NothingFound } from './NothingFound';
import { SaveView } from './SaveView';
import { type Events, useEvents } from './use-events';
import { ViewTabs } from './ViewTabs';

export function ExplorerView() {
  const look = useLook();
  const { columns, zone, state, change, open, eventId, view } = look;
  const display = useDisplay();
  const table = useRef<EventTableHandle>(null);
  const [isAtTop, setAtTop] = useState(true);
  const [current, setCurrent] = useState<Event>();
  const found = useEvents(look, isAtTop);
  const words = useMemo(() => searchedRuns(state.q), [state.q]);
  const columnLook = useMemo(
    () => ({ times: display.times ?? ('timestamp' as const), zone, words }),
    [display.times, zone, words],
  );
  const onOpen = useCallback((id: string) => open(id, { replace: eventId !== undefined }), [open, eventId]);
  const onOrder = useCallback((order: 'asc' | 'desc') => change({ order }), [change]);
  useExplorerKeys(table, current);

  useTitle(state.q === '' ? (view?.name ?? 'Events') : `${state.q} · Events`);

  return (
    <div className={styles['explorer']}>
      <h1 className="visually-hidden">Audit events</h1>
      <Top error={found.error} />
      <Histogram />
      <div className={styles['body']}>
        {display.facets && (
          <div className={styles['facets']}>
            <Facets />
          </div>
        )}
        <section className={styles['list']} aria-label="Events">
          <Tools found={found} />
          {found.waiting > 0 && (
            <div className={styles['waiting']} role="status">
              <Button look="primary" size="s" onPress={found.showWaiting}>
                {`Show ${plural(found.waiting, 'new event')}`}
              </Button>
            </div>
          )}
          <List found={found}>
            <EventTable
              ref={table}
              label={`${view?.name ?? 'Events'}: events`}
              events={found.events}
              total={found.total ?? 0}
              columns={columns}
              columnNames={columnNames(view, state.columns !== undefined)}
              look={columnLook}
              order={state.order}
              onOrder={onOrder}
              openId={eventId}
              onOpen={onOpen}
              onCurrent={setCurrent}
              freshIds={found.freshIds}
              hasMore={found.hasMore}
              onMore={found.more}
              hasBefore={found.hasBefore}
              onBefore={found.before}
              isStale={found.isStale}
              onAtTop={setAtTop}
            />
          </List>
        </section>
        <DetailPane events={found.events} />
      </div>
    </div>
  );
}

/** What is asked, and the keys that go there. */
function Top({ error }: { error: Error | null }) {
  const search = useRef<SearchBarHandle>(null);
  const [isFilterOpen, setFilterOpen] = useState(false);
  const [isTimeOpen, setTimeOpen] = useState(false);
  const [isExportOpen, setExportOpen] = useState(false);
  const shortcuts = useMemo(
    () => [
      { key: '/', label: 'Search', run: () => search.current?.focus() },
      { key: 'f', label: 'Filter', run: () => setFilterOpen(true) },
      { key: 't', label: 'Choose the time', run: () => setTimeOpen(true) },
      { key: 'e', label: 'Export', run: () => setExportOpen(true) },
    ],
    [],
  );
  usePageShortcuts(shortcuts);
  return (
    <div className={styles['top']}>
      <div className={styles['bar']}>
        <ScopeSwitch />
        <ViewTabs />
        <SaveView />
        <div className={styles['bar-end']}>
          <TimeRange isOpen={isTimeOpen} onOpenChange={setTimeOpen} />
          <FilterButton isOpen={isFilterOpen} onOpenChange={setFilterOpen} />
          <ExportMenu isOpen={isExportOpen} onOpenChange={setExportOpen} />
        </div>
      </div>
      <div className={styles['bar']}>
        <div className={styles['search']}>
          <SearchBar ref={search} error={error} />
        </div>
        <div className={styles['selects']}>
          <ActionPattern />
          <EventTypeSelect />
          <ResultSelect />
        </div>
      </div>
      <FilterChips />
    </div>
  );
}

/** What stands between the query and the rows: how many there are, and how they are shown. */
function Tools({ found }: { found: Events }) {
  const { state, change } = useLook();
  const display = useDisplay();
  return (
    <div className={styles['tools']}>
      <span className={styles['only-wide']}>
        <IconButton
          label={display.facets ? 'Hide the facets' : 'Show the facets'}
          size="s"
          onPress={() => setDisplay({ facets: !display.facets })}
        >
          <PanelLeft aria-hidden />
        </IconButton>
      </span>
      <FacetsButton />
      <span className={styles['total']} role="status">
        {found.total === undefined ? ' ' : plural(found.total, 'event')}
      </span>
      {found.tookMs !== undefined && <span className={styles['took']}>{found.tookMs} ms</span>}
      <span className={styles['spread']} />
      <Toggle
        size="s"
        isSelected={state.live}
        isDisabled={state.order === 'asc'}
        onChange={(live) => change({ live }, { replace: true })}
        icon={found.live === 'off' ? <Radio aria-hidden /> : <LiveDot state={found.live} />}
      >
        {LIVE_WORDS[found.live]}
      </Toggle>
      <Columns />
    </div>
  );
}

const LIVE_WORDS: Record<Events['live'], string> = {
  off: 'Live',
  connecting: 'Live: connecting',
  open: 'Live',
  broken: 'Live: reconnecting',
  refused: 'Live: refused',
};

function LiveDot({ state }: { state: Exclude<Events['live'], 'off'> }) {
  const look = state === 'open' ? styles['open'] : styles['broken'];
  return <span className={classes(styles['live'], look)} aria-hidden />;
}

/** The rows, or what stands in their place. */
function List({ found, children }: { found: Events; children: ReactNode }) {
  if (found.error !== null && found.events.length === 0) {
    if (isProblem(found.error) && found.error.status === 403) {
      return <ForbiddenState>{found.error.message}</ForbiddenState>;
    }
    return (
      <ErrorState title="The events could not be read" onRetry={found.retry}>
        {explain(found.error)}
      </ErrorState>
    );
  }
  if (found.isLoading) return <Skeleton lines={12} label="Loading events" />;
  if (found.total === 0 && !found.isStale) return <NothingFound onArrived={found.retry} />;
  return children;
}

/** Keys of the page that act on its list. Those of the query belong to its parts. */
function useExplorerKeys(table: RefObject<EventTableHandle | null>, current: Event | undefined) {
  const { open, eventId, change, state } = useLook();
  const live = state.live;
  const shortcuts = useMemo(
    () => [
      { key: 'j', label: 'Next event', run: () => table.current?.move(1) },
      { key: 'k', label: 'Previous event', run: () => table.current?.move(-1) },
      {
        key: 'Enter',
        label: 'Open the event',
        run: () => {
          if (current !== undefined) open(current.id, { replace: eventId !== undefined });
        },
      },
      {
        key: 'c',
        label: 'Copy the event as JSON',
        run: () => {
          if (current !== undefined) void copy(JSON.stringify(current, null, 2), 'Event as JSON');
        },
      },
      { key: 'l', label: 'Live tail on or off', run: () => change({ live: !live }, { replace: true }) },
    ],
    [table, current, open, eventId, change, live],
  );
  usePageShortcuts(shortcuts);
}
