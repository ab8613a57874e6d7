/** What the colours of a chart mean. Where a value can be asked for, its name is a button that does so. */
import { plural } from '../../lib/text/numbers';
import { visibleText } from '../../lib/text/visible';
import styles from './Legend.module.css';
import type { Series } from './stack';

export interface LegendProps {
  label: string;
  series: readonly Series[];
  /** Asks for a value, or no longer. */
  onToggle?: ((value: string) => void) | undefined;
  isChosen?: ((value: string) => boolean) | undefined;
}

export function Legend({ label, series, onToggle, isChosen }: LegendProps) {
  const shown = series.filter(({ kind }) => kind !== 'all');
  if (shown.length === 0) return null;
  return (
    <ul className={styles['legend']} aria-label={label}>
      {shown.map((one) => {
        const name = visibleText(one.label);
        const title = `${name}: ${plural(one.total, 'event')}`;
        const inside = (
          <>
            <i className={styles['swatch']} style={{ background: one.colour }} />
            <span className={styles['name']}>{name}</span>
          </>
        );
        return (
          <li key={one.key} className={styles['entry']}>
            {one.kind === 'value' && onToggle !== undefined ? (
              <button
                type="button"
                className={styles['button']}
                aria-pressed={isChosen?.(one.value) ?? false}
                title={title}
                onClick={() => onToggle(one.value)}
              >
                {inside}
              </button>
            ) : (
              <span className={styles['plain']} title={title}>
                {inside}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
