/** Puts one more field beside the list: any that can be counted, metadata of one's own before all. */
import { Plus } from 'lucide-react';
import { lazy, Suspense } from 'react';

import { Button } from '../../ui/Button';
import { Pop } from '../../ui/Pop';
import styles from './Facets.module.css';

const FacetsFieldForm = lazy(() =>
  import('./FacetsFieldForm').then((module) => ({ default: module.FacetsFieldForm })),
);

export interface FacetsAddFieldProps {
  /** Fields that are there. */
  taken: readonly string[];
  onAdd: (field: string) => void;
}

export function FacetsAddField({ taken, onAdd }: FacetsAddFieldProps) {
  return (
    <Pop
      label="Add a field"
      width="300px"
      trigger={
        <Button look="quiet" size="s" icon={<Plus aria-hidden />}>
          Add a field
        </Button>
      }
    >
      {(close) => (
        <div className={styles['add']}>
          <Suspense fallback={null}>
            <FacetsFieldForm
              taken={taken}
              onAdd={(field) => {
                onAdd(field);
                close();
              }}
            />
          </Suspense>
        </div>
      )}
    </Pop>
  );
}
