/** Where things stand: pages, sections, cards, rows and columns. Distances are chosen here, not on pages. */
import type { ReactNode } from 'react';

import styles from './Layout.module.css';
import { classes } from './classes';

type Gap = 1 | 2 | 3 | 4 | 5 | 6;

export interface PageProps {
  title: string;
  description?: ReactNode;
  /** At the right of the title. */
  actions?: ReactNode;
  /** Above the title: where it belongs. */
  above?: ReactNode;
  children: ReactNode;
  width?: 'narrow' | 'normal' | 'full';
}

export function Page({ title, description, actions, above, children, width = 'normal' }: PageProps) {
  return (
    <div className={classes(styles['page'], styles[width])}>
      <header className={styles['header']}>
        <div className={styles['heading']}>
          {above}
          <h1>{title}</h1>
          {description !== undefined && <p>{description}</p>}
        </div>
        {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export interface SectionProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page with a heading of its own. */
export function Section({ title, description, actions, children }: SectionProps) {
  return (
    <section className={styles['section']} aria-label={title}>
      <div className={styles['header']}>
        <div className={styles['heading']}>
          <h2>{title}</h2>
          {description !== undefined && <p>{description}</p>}
        </div>
        {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

export interface CardProps {
  children: ReactNode;
  title?: string;
  actions?: ReactNode;
  /** Nothing between the edge and what is in it: for tables. */
  flush?: boolean;
  /** Of its heading: 2 where it stands in no section. */
  level?: 2 | 3;
}

export function Card({ children, title, actions, flush = false, level = 3 }: CardProps) {
  const Title = `h${level}` as const;
  return (
    <div className={classes(styles['card'], flush && styles['flush'])}>
      {title !== undefined && (
        <div className={styles['card-head']}>
          <Title>{title}</Title>
          {actions}
        </div>
      )}
      {children}
    </div>
  );
}

export interface StackProps {
  children: ReactNode;
  gap?: Gap;
  /** Where what is narrower stands. */
  align?: 'start' | 'stretch' | 'center';
}

/** Below each other. */
export function Stack({ children, gap = 4, align = 'stretch' }: StackProps) {
  return (
    <div className={styles['stack']} style={{ gap: `var(--space-${gap})`, alignItems: align }}>
      {children}
    </div>
  );
}

export interface RowProps {
  children: ReactNode;
  gap?: Gap;
  align?: 'start' | 'center' | 'end' | 'baseline';
  justify?: 'start' | 'between' | 'end' | 'center';
  wrap?: boolean;
}

/** Beside each other, and below where that does not fit. */
export function Row({ children, gap = 2, align = 'center', justify = 'start', wrap = true }: RowProps) {
  return (
    <div
      className={styles['row']}
      style={{
        gap: `var(--space-${gap})`,
        alignItems: align,
        justifyContent: justify === 'between' ? 'space-between' : justify,
        flexWrap: wrap ? 'wrap' : 'nowrap',
      }}
    >
      {children}
    </div>
  );
}

/** Takes the room that the others leave. */
export function Fill({ children }: { children?: ReactNode }) {
  return <div className={styles['fill']}>{children}</div>;
}

/** As many columns as fit, none narrower than `least` pixels. */
export function Columns({
  children,
  least = 280,
  gap = 4,
}: {
  children: ReactNode;
  least?: number;
  gap?: Gap;
}) {
  return (
    <div
      className={styles['columns']}
      style={{
        gridTemplateColumns: `repeat(auto-fit, minmax(min(${least}px, 100%), 1fr))`,
        gap: `var(--space-${gap})`,
      }}
    >
      {children}
    </div>
  );
}

export interface FormProps {
  children: ReactNode;
  onSubmit: () => void;
  label?: string;
  /** Buttons at its end. */
  footer?: ReactNode;
  id?: string;
}

export function Form({ children, onSubmit, label, footer, id }: FormProps) {
  return (
    <form
      className={styles['form']}
      aria-label={label}
      id={id}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      {footer !== undefined && <div className={styles['form-foot']}>{footer}</div>}
    </form>
  );
}
