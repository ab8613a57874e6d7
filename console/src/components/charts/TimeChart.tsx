/**
 * Counts over time as bars, which can be read and selected by pointer and by keyboard alike.
 *
 * To those who hear the page it is a slider over the bars: arrow keys move, and each bar says its time and its
 * numbers. Shift selects, Enter goes into what is selected, Escape lets go of it. Next to it stands a table of
 * the same numbers. Where bars lead to their events, one bar is followed and several are gone into.
 */
import { type KeyboardEvent, type PointerEvent, useId, useMemo, useReducer, useRef } from 'react';

import type { Bucket, BucketInterval } from '../../api/events';
import { compactNumber, numberLabel, plural } from '../../lib/text/numbers';
import { axisTicks, bucketAt, bucketLabel } from '../../lib/time/axis';
import type { WeekStart } from '../../lib/time/presets';
import { classes } from '../../ui/classes';
import { Bars, CompareLine } from './Bars';
import { ChartTable } from './ChartTable';
import { ChartTip } from './ChartTip';
import { isMove, NOTHING, select, selected, spanOf } from './selection';
import { type Bar, heightOf, roundUp, type Series, type Stack, stackOf } from './stack';
import styles from './TimeChart.module.css';
import { useInnerWidth } from './use-inner-width';

/** The height of the bars, in pixels. */
const HEIGHT_PX = 92;
/** A pointer that moved less far has clicked, in pixels. */
const CLICK_PX = 4;

export interface Comparison {
  /** What it is: "the 30 days before". */
  readonly label: string;
  /** By bucket, from the first. */
  readonly counts: readonly number[];
}

/** A time that bars stand for. */
export interface BarSpan {
  from: string;
  to: string;
}

/** Where a bar leads. Each of its numbers in the table is a link there, for those who want it in another tab. */
export interface BarLinks {
  hrefOf: (span: BarSpan) => string;
  follow: (href: string) => void;
}

export interface TimeChartProps {
  label: string;
  buckets: readonly Bucket[];
  interval: BucketInterval;
  zone: string;
  weekStart: WeekStart;
  /** Told apart by this field; the buckets were split by it. */
  field?: string | undefined;
  /** What values of the field are called. */
  valueLabel?: ((value: string) => string) | undefined;
  /** Goes into a part of the time. */
  onZoom?: ((span: BarSpan) => void) | undefined;
  /** Undefined: one bar is gone into like several. */
  links?: BarLinks | undefined;
  compare?: Comparison | undefined;
  /** The numbers are those of the question before. */
  isStale?: boolean;
  /** The table is for everybody. */
  showTable?: boolean;
  height?: number;
}

/** What a bar says in words. */
function barInWords(bar: Bar, series: readonly Series[], zone: string): string {
  const parts = series.flatMap(({ kind, label }, at) => {
    const count = bar.parts[at] ?? 0;
    return kind === 'all' || count === 0 ? [] : [`${label} ${numberLabel(count)}`];
  });
  const total = `${bucketLabel(bar, zone)}: ${plural(bar.count, 'event')}`;
  return parts.length === 0 ? total : `${total} (${parts.join(', ')})`;
}

function named(stack: Stack, valueLabel: TimeChartProps['valueLabel']): Stack {
  if (valueLabel === undefined) return stack;
  const series = stack.series.map((one) =>
    one.kind === 'value' ? { ...one, label: valueLabel(one.value) } : one,
  );
  return { ...stack, series };
}

export function TimeChart(props: TimeChartProps) {
  const { label, buckets, interval, zone, weekStart, field, compare, onZoom, links } = props;
  const { isStale = false, showTable = false, height = HEIGHT_PX } = props;
  const frame = useRef<HTMLDivElement>(null);
  const width = useInnerWidth(frame);
  const hint = useId();
  const { valueLabel } = props;
  const stack = useMemo(
    () => named(stackOf(buckets, field, width), valueLabel),
    [buckets, field, width, valueLabel],
  );
  const { bars, series, perBar } = stack;
  const compared = compare === undefined ? undefined : grouped(compare.counts, perBar, bars.length);
  const top = roundUp(Math.max(...bars.map(heightOf), ...(compared ?? []), 0));
  const ticks = useMemo(
    () => axisTicks(bars, { interval, zone, weekStart, width }),
    [bars, interval, zone, weekStart, width],
  );
  const [selection, act] = useReducer(select, NOTHING);
  const range = selected(selection, bars.length);
  const span = spanOf(bars, range);
  const isRange = range !== undefined && range[0] !== range[1];
  const pressedAt = useRef<number | undefined>(undefined);

  const zoom = () => {
    if (span === undefined || onZoom === undefined) return;
    act({ type: 'clear' });
    if (links === undefined || isRange) onZoom(span);
    else links.follow(links.hrefOf(span));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (isMove(event.key)) act({ type: 'key', key: event.key, extends: event.shiftKey, count: bars.length });
    else if (event.key === 'Enter') zoom();
    else if (event.key === 'Escape' && range !== undefined) act({ type: 'clear' });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const barUnder = (event: PointerEvent<HTMLElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return bucketAt(x, width, bars.length);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const at = barUnder(event);
    if (event.button !== 0 || at < 0 || onZoom === undefined) return;
    pressedAt.current = event.clientX;
    if (event.isPrimary) event.currentTarget.setPointerCapture(event.pointerId);
    act({ type: 'begin', at });
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    const from = pressedAt.current;
    if (from === undefined) return;
    pressedAt.current = undefined;
    // A finger that taps wants to read; only one that draws a line wants to go there.
    const isTap = event.pointerType === 'touch' && Math.abs(event.clientX - from) < CLICK_PX;
    if (isTap) act({ type: 'clear' });
    else zoom();
  };
  const onPointerCancel = () => {
    pressedAt.current = undefined;
    act({ type: 'clear' });
  };

  const [first, last] = [bars[range?.[0] ?? -1], bars[range?.[1] ?? -1]];
  const pointed = bars[selection.at ?? -1];
  const lastAt = Math.max(bars.length - 1, 0);
  return (
    <div className={classes(styles['chart'], isStale && styles['stale'])}>
      <div className={styles['plot']}>
        <span className={styles['top']} aria-hidden>
          {bars.length > 0 && compactNumber(top)}
        </span>
        <div
          ref={frame}
          className={styles['frame']}
          style={{ height }}
          role="slider"
          tabIndex={0}
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={lastAt}
          aria-valuenow={selection.at ?? lastAt}
          aria-valuetext={valueText(pointed, isRange ? { first, last } : undefined, series, zone)}
          aria-describedby={hint}
          data-zooms={onZoom !== undefined}
          onKeyDown={onKeyDown}
          onBlur={() => act({ type: 'blur' })}
          onPointerDown={onPointerDown}
          onPointerMove={(event) => {
            const at = barUnder(event);
            if (at >= 0) act({ type: 'point', at });
          }}
          onPointerUp={onPointerUp}
          onPointerCancel={onPointerCancel}
          onPointerLeave={() => act({ type: 'leave' })}
        >
          <svg className={styles['bars']} width={width} height={height} aria-hidden>
            <line className={styles['grid']} x1={0} x2={width} y1={0.5} y2={0.5} />
            <line
              className={styles['grid']}
              x1={0}
              x2={width}
              y1={Math.round(height / 2) + 0.5}
              y2={Math.round(height / 2) + 0.5}
            />
            <Bars stack={stack} width={width} height={height} top={top} lit={range} />
            {compared !== undefined && (
              <CompareLine counts={compared} bars={bars.length} width={width} height={height} top={top} />
            )}
            <line className={styles['ground']} x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
          </svg>
          {pointed !== undefined && range !== undefined && (
            <ChartTip
              bars={bars.slice(range[0], range[1] + 1)}
              series={series}
              zone={zone}
              x={((range[0] + range[1] + 1) / 2 / bars.length) * width}
              width={width}
              compare={
                compare === undefined || isRange
                  ? undefined
                  : { label: compare.label, count: compared?.[range[0]] ?? 0 }
              }
            />
          )}
        </div>
        <div className={styles['axis']} aria-hidden>
          {ticks.map((tick) => (
            <span key={tick.index} className={styles['tick']} style={{ left: tick.x }}>
              {tick.label}
            </span>
          ))}
        </div>
      </div>
      <p id={hint} className="visually-hidden">
        {onZoom === undefined
          ? 'Arrow keys read bar by bar.'
          : `Arrow keys read bar by bar, Shift and arrow keys select, Enter shows the ${links === undefined ? '' : 'events of a bar, or the '}selected time.`}
      </p>
      <ChartTable
        label={label}
        stack={stack}
        zone={zone}
        isShown={showTable}
        compare={compare?.label}
        compared={compared}
        hrefOf={links?.hrefOf}
      />
    </div>
  );
}

/** What is pointed at, or selected, in words. */
function valueText(
  pointed: Bar | undefined,
  ends: { first: Bar | undefined; last: Bar | undefined } | undefined,
  series: readonly Series[],
  zone: string,
): string {
  if (ends?.first !== undefined && ends.last !== undefined) {
    return `Selected ${bucketLabel({ start: ends.first.start, end: ends.last.end }, zone)}`;
  }
  return pointed === undefined ? 'No bar chosen' : barInWords(pointed, series, zone);
}

/** The numbers of a comparison, drawn together as the bars are. */
function grouped(counts: readonly number[], perBar: number, most: number): readonly number[] {
  const groups: number[] = [];
  for (let at = 0; at < counts.length && groups.length < most; at += perBar) {
    groups.push(counts.slice(at, at + perBar).reduce((sum, count) => sum + count, 0));
  }
  return groups;
}
