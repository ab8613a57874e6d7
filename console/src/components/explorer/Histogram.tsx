/**
 * How what is shown spreads over time: bars to read, to select and to go into, told apart by a field, whose
 * values in the legend ask for themselves.
 */
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronRight, Table2, ZoomOut } from 'lucide-react';
import { useId, useMemo, useState } from 'react';

import { histogramQuery } from '../../api/events';
import { explain } from '../../api/problem';
import { fieldLabel } from '../../lib/query/known-fields';
import { type ApiQuery, NO_SPLIT } from '../../lib/query/state';
import { numberLabel } from '../../lib/text/numbers';
import { Button, Toggle } from '../../ui/Button';
import { LightMenu } from '../../ui/LightMenu';
import { Skeleton } from '../../ui/States';
import { Legend } from '../charts/Legend';
import { type Series, seriesOf } from '../charts/stack';
import { TimeChart } from '../charts/TimeChart';
import { choiceOf, chosenOf, toggleChoice } from './facet-choice';
import styles from './Histogram.module.css';
import { keepIsHistogramOpen, readIsHistogramOpen } from './histogram-memory';
import { useLook } from './look';
import { useValueLabel } from './use-value-label';
import { isZoomed, sameRange, zoomedOut, type Zoom } from './zoom';

/** The console's choice. */
const USUAL_SPLIT = 'category';
const SPLITS = [USUAL_SPLIT, 'event_type', 'result'];
/** Most zooms that can be gone back from by the button. Back knows them all. */
const MAX_ZOOMS = 32;

export function Histogram() {
  const [isOpen, setOpen] = useState(readIsHistogramOpen);
  const body = useId();
  return (
    <section className={styles['histogram']} aria-label="Events over time">
      <button
        type="button"
        className={styles['title']}
        aria-expanded={isOpen}
        aria-controls={body}
        onClick={() => {
          setOpen(!isOpen);
          keepIsHistogramOpen(!isOpen);
        }}
      >
        <ChevronRight className={styles['chevron']} aria-hidden />
        Over time
      </button>
      <div id={body} className={styles['body']} hidden={!isOpen}>
        {isOpen && <OpenHistogram />}
      </div>
    </section>
  );
}

/** How events are ordered says nothing of their counts. */
function withoutOrder(query: ApiQuery): ApiQuery {
  const counted = { ...query };
  delete counted.order;
  return counted;
}

function OpenHistogram() {
  const { organization, state, query, range, zone, change } = useLook();
  const [isTable, setTable] = useState(false);
  const [zooms, setZooms] = useState<readonly Zoom[]>([]);
  const split = state.split ?? USUAL_SPLIT;
  const field = split === NO_SPLIT ? undefined : split;
  const counted = useMemo(() => withoutOrder(query), [query]);
  const { data, error, isPlaceholderData, refetch } = useQuery(
    histogramQuery(organization.id, counted, field === undefined ? {} : { splitBy: field }),
  );
  const valueLabel = useValueLabel(field ?? '');
  const zoom = (span: { from: string; to: string }) => {
    if (sameRange(range, span)) return;
    setZooms((before) => [...before, { to: span, from: state.range }].slice(-MAX_ZOOMS));
    change({ range: span });
  };
  const series = useMemo(() => (data === undefined ? [] : seriesOf(data.buckets, field)), [data, field]);
  const chosen = chosenOf(state, field ?? '');
  return (
    <>
      <div className={styles['bar']}>
        <span className={styles['legend']}>
          <Legend
            label={field === undefined ? 'Colours' : `Colours: ${fieldLabel(field)}`}
            series={labelled(series, valueLabel)}
            onToggle={
              field === undefined ? undefined : (value) => change((now) => toggleChoice(now, field, value))
            }
            isChosen={(value) => field !== undefined && choiceOf(chosen, field, value) === 'is'}
          />
        </span>
        {isZoomed(state.range) && (
          <Button
            size="s"
            look="quiet"
            icon={<ZoomOut aria-hidden />}
            onPress={() => change({ range: zoomedOut(zooms, state.range) })}
          >
            Zoom out
          </Button>
        )}
        <SplitSelect split={split} onChange={(next) => change({ split: next }, { replace: true })} />
        <Toggle
          size="s"
          icon={<Table2 aria-hidden />}
          isSelected={isTable}
          onChange={setTable}
          aria-label="Show as a table"
        >
          Table
        </Toggle>
      </div>
      {error !== null && data === undefined ? (
        <div className={styles['state']} role="alert">
          <span>{explain(error)}</span>
          <Button size="s" onPress={() => void refetch()}>
            Try again
          </Button>
        </div>
      ) : data === undefined ? (
        <div className={styles['state']}>
          <Skeleton lines={2} label="Counting events over time" />
        </div>
      ) : (
        <>
          <TimeChart
            label={`Events by ${data.interval}`}
            buckets={data.buckets}
            interval={data.interval}
            zone={zone}
            weekStart={query.week_start ?? 'monday'}
            field={field}
            valueLabel={valueLabel}
            onZoom={zoom}
            isStale={isPlaceholderData}
            showTable={isTable}
          />
          <p className="visually-hidden" role="status">
            {isPlaceholderData ? '' : summary(series, data.buckets.length, data.interval)}
          </p>
        </>
      )}
    </>
  );
}

function labelled(series: readonly Series[], valueLabel: (value: string) => string): readonly Series[] {
  return series.map((one) => (one.kind === 'value' ? { ...one, label: valueLabel(one.value) } : one));
}

/** Said once a new answer is there. */
function summary(series: readonly Series[], buckets: number, interval: string): string {
  const [first] = series;
  if (buckets === 0 || first === undefined) return 'No events over time.';
  return first.kind === 'value'
    ? `${numberLabel(buckets)} bars, one for each ${interval}. Most frequent: ${first.label}.`
    : `${numberLabel(buckets)} bars, one for each ${interval}.`;
}

function SplitSelect({ split, onChange }: { split: string; onChange: (split: string | undefined) => void }) {
  const fields = SPLITS.includes(split) || split === NO_SPLIT ? SPLITS : [...SPLITS, split];
  const label = (field: string) =>
    field === NO_SPLIT ? 'Not told apart' : `By ${fieldLabel(field).toLowerCase()}`;
  const shown = label(split);
  const items = [...fields, NO_SPLIT].map((field) => ({
    id: field,
    label: label(field),
    onAction: () => onChange(field === USUAL_SPLIT ? undefined : field),
  }));
  return (
    <LightMenu
      label="Bars told apart"
      sections={[{ title: '', items }]}
      selected={[split]}
      at="bottom end"
      trigger={
        <Button look="quiet" size="s" aria-label={`Bars told apart: ${shown}`}>
          {shown}
          <ChevronDown aria-hidden />
        </Button>
      }
    />
  );
}
