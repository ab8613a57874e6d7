/**
 * A menu that opens at whatever asked for it. Where many things have the same menu, one for all of them
 * costs less than one for each.
 */
import { type ReactNode, useMemo } from 'react';
import { Header, Menu, MenuSection, Popover } from 'react-aria-components';

import styles from './Overlay.module.css';

export interface MenuAtProps {
  /** Where it opens; null while it is closed. */
  at: HTMLElement | null;
  onClose: () => void;
  label: string;
  /** Stands above the items. */
  title: string;
  children: ReactNode;
}

export function MenuAt({ at, onClose, label, title, children }: MenuAtProps) {
  const trigger = useMemo(() => ({ current: at }), [at]);
  return (
    <Popover
      className={styles['popover'] ?? ''}
      aria-label={label}
      triggerRef={trigger}
      isOpen={at !== null}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      placement="bottom end"
      offset={4}
    >
      <Menu aria-label={label} className={styles['list'] ?? ''} autoFocus="first" onClose={onClose}>
        <MenuSection>
          <Header className={styles['section']}>{title}</Header>
          {children}
        </MenuSection>
      </Menu>
    </Popover>
  );
}
