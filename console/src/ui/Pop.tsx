/** A popover that holds a small form or a text: focus goes into it, and back when it closes. */
import { lazy, type ReactElement, type ReactNode, Suspense } from 'react';

import { useOpener } from './opener';
import type { PopPlacement } from './PopPanel';

const fetchPanel = () => import('./PopPanel');
const PopPanel = lazy(() => fetchPanel().then((module) => ({ default: module.PopPanel })));

export interface PopProps {
  trigger: ReactElement;
  label: string;
  children: ReactNode | ((close: () => void) => ReactNode);
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
  at?: PopPlacement;
  /** As CSS has lengths. */
  width?: string;
}

export function Pop({
  trigger,
  label,
  children,
  isOpen,
  onOpenChange,
  at = 'bottom start',
  width = '560px',
}: PopProps) {
  const { button, ref, open, setOpen } = useOpener({
    trigger,
    kind: 'dialog',
    fetch: () => void fetchPanel(),
    isOpen,
    onOpenChange,
  });
  const close = () => setOpen(false);
  return (
    <>
      {button}
      {open && (
        <Suspense fallback={null}>
          <PopPanel triggerRef={ref} label={label} at={at} width={width} onClose={close}>
            {typeof children === 'function' ? children(close) : children}
          </PopPanel>
        </Suspense>
      )}
    </>
  );
}
