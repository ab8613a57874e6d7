/**
 * Words of our own. What comes from outside is shown by `Said`.
 */
import type { ReactNode } from 'react';

import styles from './Text.module.css';
import { classes } from './classes';

export interface TextProps {
  children: ReactNode;
  tone?: 'normal' | 'muted' | 'faint' | 'good' | 'bad' | 'warn';
  size?: 'xs' | 's' | 'm' | 'l';
  mono?: boolean;
  strong?: boolean;
  /** Digits of one width, for columns of numbers. */
  tabular?: boolean;
  /** One line, cut where there is no more room. */
  cut?: boolean;
  as?: 'span' | 'p' | 'div';
  title?: string;
}

export function Words({
  children,
  tone = 'normal',
  size = 'm',
  mono = false,
  strong = false,
  tabular = false,
  cut = false,
  as: Element = 'span',
  title,
}: TextProps) {
  return (
    <Element
      title={title}
      className={classes(
        styles[tone],
        styles[`size-${size}`],
        mono && styles['mono'],
        strong && styles['strong'],
        tabular && styles['tabular'],
        cut && styles['cut'],
      )}
    >
      {children}
    </Element>
  );
}

/** A heading within a panel or card. */
export function Heading({ children, level = 3 }: { children: ReactNode; level?: 2 | 3 | 4 }) {
  const Element = `h${level}` as const;
  return <Element className={styles['heading']}>{children}</Element>;
}
