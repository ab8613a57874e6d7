/** What a bar, or a stretch of them, says beside the pointer. Those who hear the page hear it from the chart. */
import { numberLabel, plural } from '../../lib/text/numbers';
import { visibleText } from '../../lib/text/visible';
import { bucketLabel } from '../../lib/time/axis';
import type { Bar, Series } from './stack';
import styles from './TimeChart.module.css';

/** How wide it is at most, in pixels; beyond the middle it stands at the left of what it is about. */
const WIDTH_PX = 240;
const GAP_PX = 14;

export interface ChartTipProps {
  bars: readonly Bar[];
  series: readonly Series[];
  zone: string;
  /** The middle of what it is about, in pixels. */
  x: number;
  width: number;
  compare?: { label: string; count: number } | undefined;
}

export function ChartTip({ bars, series, zone, x, width, compare }: ChartTipProps) {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return null;
  const count = bars.reduce((sum, bar) => sum + bar.count, 0);
  const parts = series
    .map((one, at) => ({ ...one, count: bars.reduce((sum, bar) => sum + (bar.parts[at] ?? 0), 0) }))
    .filter((part) => part.kind !== 'all' && part.count > 0);
  const isLeft = x + GAP_PX + WIDTH_PX > width;
  const place = isLeft
    ? { right: Math.min(width - x + GAP_PX, Math.max(width - WIDTH_PX, 0)) }
    : { left: x + GAP_PX };
  return (
    <div className={styles['tip']} style={{ ...place, maxWidth: Math.min(WIDTH_PX, width) }} aria-hidden>
      <p className={styles['tip-time']}>{bucketLabel({ start: first.start, end: last.end }, zone)}</p>
      <p className={styles['tip-total']}>{plural(count, 'event')}</p>
      {parts.map((part) => (
        <p key={part.key} className={styles['tip-part']}>
          <i className={styles['swatch']} style={{ background: part.colour }} />
          <span className={styles['tip-name']}>{visibleText(part.label)}</span>
          <span className={styles['number']}>{numberLabel(part.count)}</span>
        </p>
      ))}
      {compare !== undefined && (
        <p className={styles['tip-part']}>
          <i className={styles['dash']} />
          <span className={styles['tip-name']}>{compare.label}</span>
          <span className={styles['number']}>{numberLabel(compare.count)}</span>
        </p>
      )}
    </div>
  );
}
