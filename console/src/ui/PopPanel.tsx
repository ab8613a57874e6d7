/** The part of a popover that is there while it is open. */
import type { CSSProperties, ReactNode, RefObject } from 'react';
import { Dialog, Popover, type PopoverProps } from 'react-aria-components';

import styles from './Overlay.module.css';

export type PopPlacement = NonNullable<PopoverProps['placement']>;

export interface PopPanelProps {
  triggerRef: RefObject<HTMLElement | null>;
  label: string;
  at: PopPlacement;
  width: string;
  onClose: () => void;
  children: ReactNode;
}

export function PopPanel({ triggerRef, label, at, width, onClose, children }: PopPanelProps) {
  return (
    <Popover
      triggerRef={triggerRef}
      isOpen
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      className={styles['popover'] ?? ''}
      placement={at}
      offset={6}
      style={{ '--popover-width': width } as CSSProperties}
    >
      <Dialog aria-label={label} className={styles['dialog'] ?? ''}>
        {children}
      </Dialog>
    </Popover>
  );
}
