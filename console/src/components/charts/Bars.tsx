/** The marks of a chart over time: one path for each series, whatever the number of bars. */
import { memo } from 'react';

import { boxesOf, pathOf, spanOfBar, type Box, type Stack } from './stack';
import styles from './TimeChart.module.css';

export interface BarsProps {
  stack: Stack;
  width: number;
  height: number;
  /** The number of events at the upper edge. */
  top: number;
  /** The bars that are pointed at or selected. */
  lit?: readonly [number, number] | undefined;
}

export function Bars({ stack, width, height, top, lit }: BarsProps) {
  const count = stack.bars.length;
  const [from, to] = lit ?? [0, -1];
  const x = lit === undefined ? 0 : Math.round((from * width) / count);
  const end = lit === undefined ? 0 : Math.round(((to + 1) * width) / count);
  return (
    <>
      {lit !== undefined && <rect className={styles['lit']} x={x} y={0} width={end - x} height={height} />}
      <Paths stack={stack} width={width} height={height} top={top} />
    </>
  );
}

/** Pointing at a bar draws none of them again. */
const Paths = memo(function Paths({ stack, width, height, top }: Omit<BarsProps, 'lit'>) {
  const bySeries: Box[][] = stack.series.map(() => []);
  stack.bars.forEach((bar, at) => {
    const place = spanOfBar(at, stack.bars.length, width);
    boxesOf(bar, place, height, top).forEach((box, series) => bySeries[series]?.push(box));
  });
  return (
    <g shapeRendering="crispEdges">
      {stack.series.map((series, at) => (
        <path key={series.key} d={pathOf(bySeries[at] ?? [])} style={{ fill: series.colour }} />
      ))}
    </g>
  );
});

export interface CompareLineProps {
  counts: readonly number[];
  /** How many bars stand side by side; there may be fewer counts. */
  bars: number;
  width: number;
  height: number;
  top: number;
}

/** Steps as wide as the bars: what lies between two buckets is no number. */
export function CompareLine({ counts, bars, width, height, top }: CompareLineProps) {
  const points = counts.map((count, at) => {
    const y = Math.round(height - (top > 0 ? (count / top) * height : 0)) - 0.5;
    const [x, end] = [Math.round((at * width) / bars), Math.round(((at + 1) * width) / bars)];
    return `${at === 0 ? 'M' : 'L'}${x} ${Math.max(y, 0.5)}H${end}`;
  });
  return <path className={styles['compare']} d={points.join('')} />;
}
