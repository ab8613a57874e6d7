/**
 * A menu whose items are data, so that all that draws them is fetched when it is first opened. For what every
 * page begins with; elsewhere there is Menu.
 */
import { lazy, type ReactElement, type ReactNode, Suspense } from 'react';

import type { PopPlacement } from './PopPanel';
import { useOpener } from './opener';

const fetchPanel = () => import('./MenuPanel');
const MenuPanel = lazy(() => fetchPanel().then((module) => ({ default: module.MenuPanel })));

export interface LightItem {
  id: string;
  label: string;
  icon?: ReactNode;
  detail?: string;
  shortcut?: string;
  /** Stands at the end of the line, such as a count. */
  end?: string;
  bad?: boolean;
  isDisabled?: boolean;
  href?: string;
  /** Leaves the console: opened by the browser, not by the router. */
  download?: boolean;
  onAction?: () => void;
}

export interface LightSection {
  title: string;
  items: readonly LightItem[];
}

export interface LightMenuProps {
  trigger: ReactElement;
  label: string;
  sections: readonly LightSection[];
  /** Those that are chosen: they have a tick. */
  selected?: readonly string[];
  /** Several can be chosen; it stays open meanwhile. */
  isMultiple?: boolean;
  at?: PopPlacement;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export function LightMenu({
  trigger,
  label,
  sections,
  selected,
  isMultiple,
  at,
  isOpen,
  onOpenChange,
}: LightMenuProps) {
  const { button, ref, open, setOpen } = useOpener({
    trigger,
    kind: 'menu',
    fetch: () => void fetchPanel(),
    isOpen,
    onOpenChange,
  });
  return (
    <>
      {button}
      {open && (
        <Suspense fallback={null}>
          <MenuPanel
            triggerRef={ref}
            label={label}
            sections={sections}
            selected={selected}
            isMultiple={isMultiple ?? false}
            at={at ?? 'bottom start'}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
