/**
 * Buttons, and links that look like them. An icon alone always has a label, which is also its tooltip.
 */
import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Link as AriaLink,
  type LinkProps as AriaLinkProps,
  ToggleButton as AriaToggleButton,
  type ToggleButtonProps as AriaToggleButtonProps,
} from 'react-aria-components';

import styles from './Button.module.css';
import { Spinner } from './Spinner';
import { Tip } from './Tip';
import { classes } from './classes';

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger';
export type ButtonSize = 's' | 'm';

interface Looks {
  look?: ButtonLook;
  size?: ButtonSize;
  /** Stands before the words. */
  icon?: ReactNode;
}

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'>, Looks {
  children: ReactNode;
  /** Fills the width that there is. */
  wide?: boolean;
}

export function Button({
  look = 'plain',
  size = 'm',
  icon,
  children,
  wide = false,
  isPending,
  onPress,
  type = 'button',
  ...rest
}: ButtonProps) {
  const button = (
    <AriaButton
      {...rest}
      className={classes(
        styles['button'],
        styles[look],
        styles[size],
        wide && styles['wide'],
        isPending && styles['pending'],
      )}
      // It keeps the focus while it works, and does nothing more.
      type={isPending ? 'button' : type}
      {...(isPending ? { 'aria-disabled': true } : onPress !== undefined && { onPress })}
    >
      {isPending ? <Spinner label="Working" /> : icon}
      <span className={styles['words']}>{children}</span>
    </AriaButton>
  );
  if (isPending === undefined) return button;
  // React Aria tells of it by naming the button, which may be gone by then: here it is told in words.
  return (
    <>
      {button}
      <span className="visually-hidden" role="status">
        {isPending ? 'Working' : ''}
      </span>
    </>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  label: string;
  children: ReactNode;
  look?: ButtonLook;
  size?: ButtonSize;
  /** The key that does the same. */
  shortcut?: string;
  /** A number on the icon, such as that of filters; 0 is not shown. */
  count?: number;
}

export function IconButton({
  label,
  children,
  look = 'quiet',
  size = 'm',
  shortcut,
  count = 0,
  ...rest
}: IconButtonProps) {
  return (
    <Tip text={label} {...(shortcut === undefined ? {} : { shortcut })}>
      <AriaButton
        {...rest}
        aria-label={count > 0 ? `${label} (${count})` : label}
        className={classes(styles['button'], styles['icon'], styles[look], styles[size])}
      >
        {children}
        {count > 0 && (
          <span className={styles['count']} aria-hidden>
            {count}
          </span>
        )}
      </AriaButton>
    </Tip>
  );
}

export interface ToggleProps extends Omit<AriaToggleButtonProps, 'className' | 'style' | 'children'> {
  children: ReactNode;
  icon?: ReactNode;
  size?: ButtonSize;
}

/** A button that stays pressed. */
export function Toggle({ children, icon, size = 'm', ...rest }: ToggleProps) {
  return (
    <AriaToggleButton
      {...rest}
      className={classes(styles['button'], styles['plain'], styles['toggle'], styles[size])}
    >
      {icon}
      <span className={styles['words']}>{children}</span>
    </AriaToggleButton>
  );
}

export interface ButtonLinkProps extends Omit<AriaLinkProps, 'className' | 'style' | 'children'>, Looks {
  children: ReactNode;
}

/** Goes somewhere, and looks like a button. */
export function ButtonLink({ look = 'plain', size = 'm', icon, children, ...rest }: ButtonLinkProps) {
  return (
    <AriaLink {...rest} className={classes(styles['button'], styles[look], styles[size])}>
      {icon}
      <span className={styles['words']}>{children}</span>
    </AriaLink>
  );
}
