/**
 * What a page shows when it has nothing to show: not yet, nothing there, not allowed, or broken. Each says
 * what to do next.
 */
import { CircleAlert, Inbox, Lock } from 'lucide-react';
import type { ReactNode } from 'react';

import { Button } from './Button';
import styles from './States.module.css';

export interface StateProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  icon?: ReactNode;
  /** It stands for a whole page: its title is the page's. */
  isPage?: boolean;
}

export function EmptyState({ title, children, action, icon, isPage = false }: StateProps) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className={styles['state']}>
      <span className={styles['icon']}>{icon ?? <Inbox aria-hidden />}</span>
      <Title className={styles['title']}>{title}</Title>
      {children !== undefined && <div className={styles['words']}>{children}</div>}
      {action}
    </div>
  );
}

export function ForbiddenState({ children, isPage = false }: Pick<StateProps, 'children' | 'isPage'>) {
  return (
    <EmptyState title="Your role does not show this" icon={<Lock aria-hidden />} isPage={isPage}>
      {children ?? 'An administrator of the organization can give you a role that does.'}
    </EmptyState>
  );
}

export interface ErrorStateProps {
  title: string;
  children?: ReactNode;
  onRetry?: () => void;
  isPage?: boolean;
}

export function ErrorState({ title, children, onRetry, isPage = false }: ErrorStateProps) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className={styles['state']} role="alert">
      <span className={styles['icon']}>
        <CircleAlert aria-hidden />
      </span>
      <Title className={styles['title']}>{title}</Title>
      {children !== undefined && <div className={styles['words']}>{children}</div>}
      {onRetry !== undefined && <Button onPress={onRetry}>Try again</Button>}
    </div>
  );
}

export interface SkeletonProps {
  /** How many lines. */
  lines?: number;
  label?: string;
}

/** Stands where text will be. It appears after 150 ms only: most answers are there before. */
export function Skeleton({ lines = 3, label = 'Loading' }: SkeletonProps) {
  return (
    <div className={styles['skeleton']} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} style={{ width: `${92 - ((line * 23) % 45)}%` }} />
      ))}
    </div>
  );
}
