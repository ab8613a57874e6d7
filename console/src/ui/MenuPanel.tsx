/** The part of a light menu that is there while it is open. */
import { Check } from 'lucide-react';
import type { RefObject } from 'react';
import { Header, Menu, MenuItem, MenuSection, Popover } from 'react-aria-components';

import { Keys } from './Keys';
import type { LightItem, LightSection } from './LightMenu';
import styles from './Overlay.module.css';
import type { PopPlacement } from './PopPanel';
import { classes } from './classes';

export interface MenuPanelProps {
  triggerRef: RefObject<HTMLElement | null>;
  label: string;
  sections: readonly LightSection[];
  selected: readonly string[] | undefined;
  isMultiple: boolean;
  at: PopPlacement;
  onClose: () => void;
}

export function MenuPanel({
  triggerRef,
  label,
  sections,
  selected,
  isMultiple,
  at,
  onClose,
}: MenuPanelProps) {
  return (
    <Popover
      aria-label={label}
      triggerRef={triggerRef}
      isOpen
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      className={styles['popover'] ?? ''}
      placement={at}
      offset={4}
    >
      <Menu
        aria-label={label}
        autoFocus="first"
        className={styles['list'] ?? ''}
        {...(!isMultiple && { onClose })}
        {...(selected !== undefined && {
          selectionMode: isMultiple ? ('multiple' as const) : ('single' as const),
          selectedKeys: selected,
        })}
      >
        {sections.map((section) => (
          <MenuSection key={section.title} aria-label={section.title === '' ? label : section.title}>
            {section.title !== '' && <Header className={styles['section']}>{section.title}</Header>}
            {section.items.map((item) => (
              <Item key={item.id} item={item} isChoice={selected !== undefined} />
            ))}
          </MenuSection>
        ))}
      </Menu>
    </Popover>
  );
}

function Item({ item, isChoice }: { item: LightItem; isChoice: boolean }) {
  return (
    <MenuItem
      id={item.id}
      textValue={item.label}
      className={classes(styles['item'], item.bad === true && styles['bad'])}
      isDisabled={item.isDisabled ?? false}
      {...(item.href !== undefined && { href: item.href })}
      {...(item.download === true && { download: '' })}
      {...(item.onAction !== undefined && { onAction: item.onAction })}
    >
      {isChoice && <Check className={styles['tick']} aria-hidden />}
      {item.icon}
      <span className={styles['words']}>
        {item.label}
        {item.detail !== undefined && <span className={styles['detail']}>{item.detail}</span>}
      </span>
      {item.end !== undefined && <span className={styles['end']}>{item.end}</span>}
      {item.shortcut !== undefined && <Keys keys={item.shortcut} />}
    </MenuItem>
  );
}
