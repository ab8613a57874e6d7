/** The filter icon with the number of filters on it, and the window that it opens. */
import { ListFilter } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';

import { IconButton } from '../../ui/Button';
import { Pop } from '../../ui/Pop';
import { Skeleton } from '../../ui/States';
import { useLook } from '../explorer/look';

const FilterWindow = lazy(async () => ({ default: (await import('./FilterWindow')).FilterWindow }));

export interface FilterButtonProps {
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export function FilterButton({ isOpen, onOpenChange }: FilterButtonProps) {
  const { state } = useLook();
  const [ownOpen, setOwnOpen] = useState(false);
  const setOpen = onOpenChange ?? setOwnOpen;
  return (
    <Pop
      label="Filter By"
      width="680px"
      isOpen={isOpen ?? ownOpen}
      onOpenChange={setOpen}
      at="bottom end"
      trigger={
        <IconButton label="Filter" look="plain" shortcut="f" count={state.filters.length}>
          <ListFilter aria-hidden />
        </IconButton>
      }
    >
      {(close) => (
        <Suspense fallback={<Skeleton lines={4} label="Loading the filters" />}>
          <FilterWindow onClose={close} />
        </Suspense>
      )}
    </Pop>
  );
}
