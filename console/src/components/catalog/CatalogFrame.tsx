/** The list at the left and what is chosen at the right; where there is no room for both, one of them. */
import type { ReactNode } from 'react';
import { ArrowLeft } from 'lucide-react';

import { ButtonLink } from '../../ui/Button';
import styles from './Catalog.module.css';

export interface CatalogFrameProps {
  /** Stands above the list. */
  controls: ReactNode;
  list: ReactNode;
  /** What is chosen. */
  children: ReactNode;
  isChosen: boolean;
  /** Where the list is. */
  backHref: string;
}

export function CatalogFrame({ controls, list, children, isChosen, backHref }: CatalogFrameProps) {
  return (
    <div className={styles['columns']} data-chosen={isChosen}>
      <div className={styles['side']}>
        {controls}
        {/* It scrolls by its links, which the keyboard reaches. */}
        <div className={styles['scroll']}>{list}</div>
      </div>
      <div className={styles['main']}>
        {isChosen && (
          <div className={styles['back']}>
            <ButtonLink href={backHref} look="quiet" size="s" icon={<ArrowLeft aria-hidden />}>
              All event types
            </ButtonLink>
          </div>
        )}
        {children}
      </div>
    </div>
  );
}
