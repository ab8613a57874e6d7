/** The button for the columns of the table. What it opens is fetched when it is opened. */
import { Columns3 } from 'lucide-react';
import { lazy, Suspense } from 'react';

import { IconButton } from '../../ui/Button';
import { Pop } from '../../ui/Pop';

const ColumnChooser = lazy(() =>
  import('./ColumnChooser').then((module) => ({ default: module.ColumnChooser })),
);

export function Columns() {
  return (
    <Pop
      label="Columns"
      at="bottom end"
      width="340px"
      trigger={
        <IconButton label="Columns and times" size="s">
          <Columns3 aria-hidden />
        </IconButton>
      }
    >
      <Suspense fallback={null}>
        <ColumnChooser />
      </Suspense>
    </Pop>
  );
}
