/** Menus: of things to do, or of one thing to choose. */
import { Check } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  type MenuItemProps as AriaMenuItemProps,
  type MenuProps as AriaMenuProps,
  MenuSection as AriaMenuSection,
  Header,
  MenuTrigger,
  Popover,
  Separator,
} from 'react-aria-components';

import { Keys } from './Keys';
import styles from './Overlay.module.css';
import { classes } from './classes';

export interface MenuProps extends Omit<AriaMenuProps<object>, 'className' | 'style' | 'children'> {
  /** What opens it, a button. */
  trigger: ReactElement;
  label: string;
  children: ReactNode;
  /** Near which edge of the trigger. */
  at?: 'bottom start' | 'bottom end' | 'top start' | 'right top';
}

export function Menu({ trigger, label, children, at = 'bottom start', ...rest }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className={styles['popover'] ?? ''} placement={at} offset={4}>
        <AriaMenu {...rest} aria-label={label} className={styles['list'] ?? ''}>
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

export interface MenuItemProps extends Omit<AriaMenuItemProps, 'className' | 'style' | 'children'> {
  children: string;
  icon?: ReactNode;
  detail?: string;
  shortcut?: string;
  bad?: boolean;
  /** Room for a tick, where something is chosen. */
  choice?: boolean;
}

export function MenuItem({ children, icon, detail, shortcut, bad, choice, ...rest }: MenuItemProps) {
  return (
    <AriaMenuItem
      {...rest}
      textValue={children}
      className={classes(styles['item'], bad === true && styles['bad'])}
    >
      {choice === true && <Check className={styles['tick']} aria-hidden />}
      {icon}
      <span className={styles['words']}>
        {children}
        {detail !== undefined && <span className={styles['detail']}>{detail}</span>}
      </span>
      {shortcut !== undefined && <Keys keys={shortcut} />}
    </AriaMenuItem>
  );
}

export function MenuSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <AriaMenuSection>
      <Header className={styles['section']}>{title}</Header>
      {children}
    </AriaMenuSection>
  );
}

export function MenuSeparator() {
  return <Separator className={styles['separator'] ?? ''} />;
}
