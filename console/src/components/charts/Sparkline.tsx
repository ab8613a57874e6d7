/** Counts over time as small bars, for a line of a list. What it shows is written beside it. */
import type { Bucket } from '../../api/events';
import styles from './Sparkline.module.css';

const HEIGHT_PX = 22;
const BAR_PX = 3;
const GAP_PX = 1;
/** The widest that it gets, in bars. Buckets beyond are drawn together. */
const MOST_BARS = 60;

/** So few numbers that they fit: of those drawn together, their sum. */
export function drawnTogether(counts: readonly number[], most: number): readonly number[] {
  const perBar = Math.max(Math.ceil(counts.length / most), 1);
  const bars: number[] = [];
  for (let at = 0; at < counts.length; at += perBar) {
    bars.push(counts.slice(at, at + perBar).reduce((sum, count) => sum + count, 0));
  }
  return bars;
}

export function Sparkline({ buckets }: { buckets: readonly Bucket[] }) {
  const bars = drawnTogether(
    buckets.map(({ count }) => count),
    MOST_BARS,
  );
  const greatest = Math.max(...bars, 1);
  const width = bars.length * (BAR_PX + GAP_PX);
  return (
    <svg className={styles['spark']} width={width} height={HEIGHT_PX} shapeRendering="crispEdges" aria-hidden>
      {bars.map((count, at) => {
        const height = count === 0 ? 1 : Math.max(Math.round((count / greatest) * HEIGHT_PX), 2);
        return (
          <rect
            key={at}
            className={count === 0 ? styles['none'] : styles['some']}
            x={at * (BAR_PX + GAP_PX)}
            y={HEIGHT_PX - height}
            width={BAR_PX}
            height={height}
          />
        );
      })}
    </svg>
  );
}
