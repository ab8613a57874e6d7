/** The numbers of a chart as a table: for those who hear the page, and for everybody who asks for it. */
import { memo } from 'react';
import { Link } from 'react-aria-components';

import { numberLabel } from '../../lib/text/numbers';
import { visibleText } from '../../lib/text/visible';
import { bucketLabel } from '../../lib/time/axis';
import type { Bar, Stack } from './stack';
import styles from './TimeChart.module.css';

export interface ChartTableProps {
  label: string;
  stack: Stack;
  zone: string;
  isShown: boolean;
  /** What the numbers are that the bars are compared with. */
  compare?: string | undefined;
  compared?: readonly number[] | undefined;
  /** Where the events of a bar are. Nothing is followed in a table that is not seen. */
  hrefOf?: ((span: { from: string; to: string }) => string) | undefined;
}

export const ChartTable = memo(function ChartTable(props: ChartTableProps) {
  const { label, stack, zone, isShown, compare, compared, hrefOf } = props;
  const parts = stack.series.filter(({ kind }) => kind !== 'all');
  const table = (
    <table className={styles['table']}>
      <caption className="visually-hidden">{`${label}, as a table`}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Events</th>
          {parts.map((series) => (
            <th key={series.key} scope="col">
              {visibleText(series.label)}
            </th>
          ))}
          {compare !== undefined && <th scope="col">{compare}</th>}
        </tr>
      </thead>
      <tbody>
        {stack.bars.map((bar, row) => (
          <tr key={bar.start}>
            <th scope="row">{bucketLabel(bar, zone)}</th>
            <td>
              <Count bar={bar} hrefOf={isShown ? hrefOf : undefined} />
            </td>
            {parts.map((series, at) => (
              <td key={series.key}>{numberLabel(bar.parts[at] ?? 0)}</td>
            ))}
            {compare !== undefined && <td>{numberLabel(compared?.[row] ?? 0)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (!isShown) return <div className="visually-hidden">{table}</div>;
  return (
    // It scrolls, so that it can be reached and moved by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles['table-frame']} role="region" aria-label={`${label}, as a table`} tabIndex={0}>
      {table}
    </div>
  );
});

function Count({ bar, hrefOf }: { bar: Bar; hrefOf: ChartTableProps['hrefOf'] }) {
  const count = numberLabel(bar.count);
  if (hrefOf === undefined || bar.count === 0) return count;
  return <Link href={hrefOf({ from: bar.start, to: bar.end })}>{count}</Link>;
}
