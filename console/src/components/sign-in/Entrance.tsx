/** The frame of the pages for who is not signed in: the mark, and one card. */
import { type ReactNode, useEffect, useRef } from 'react';

import { classes } from '../../ui/classes';
import { Logo } from '../../ui/Logo';
import styles from './Entrance.module.css';

export interface EntranceProps {
  title: string;
  description?: ReactNode;
  /** Between the mark and the title, such as the steps of a longer way. */
  above?: ReactNode;
  /** Under the card. */
  foot?: ReactNode;
  width?: 'normal' | 'wide';
  /** The title takes the focus: the page has become another one under who reads it. */
  takesFocus?: boolean;
  children?: ReactNode;
}

export function Entrance({
  title,
  description,
  above,
  foot,
  width = 'normal',
  takesFocus = false,
  children,
}: EntranceProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [title, takesFocus]);
  return (
    <main className={classes(styles['entrance'], width === 'wide' && styles['wide'])}>
      <div className={styles['mark']}>
        <Logo size={24} />
        Evident
      </div>
      <div className={styles['card']}>
        {above}
        <div className={styles['head']}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {description !== undefined && <p>{description}</p>}
        </div>
        {children}
      </div>
      {foot !== undefined && <div className={styles['foot']}>{foot}</div>}
    </main>
  );
}

/** Parts two ways of doing the same. */
export function Or() {
  return <div className={styles['or']}>or</div>;
}
