/** The event types by category, each a link to what is known of it. */
import { Link } from 'react-aria-components';

import type { CatalogEntry } from '../../api/catalog';
import { compactNumber, plural } from '../../lib/text/numbers';
import { EmptyState } from '../../ui/States';
import { Said } from '../../ui/Said';
import styles from './Catalog.module.css';
import type { CategoryGroup } from './finding';

export interface CatalogListProps {
  groups: readonly CategoryGroup[];
  chosen: string | undefined;
  hrefOf: (entry: CatalogEntry) => string;
  /** Events of an action lately; undefined while nobody knows. */
  countOf: (action: string) => number | undefined;
}

export function CatalogList({ groups, chosen, hrefOf, countOf }: CatalogListProps) {
  if (groups.length === 0) {
    return (
      <EmptyState title="No event type like that">Try fewer words, or another type or level.</EmptyState>
    );
  }
  return (
    <nav className={styles['list']} aria-label="Event types">
      {groups.map(({ category, entries }) => (
        <section key={category} aria-label={category}>
          <h2 className={styles['category']}>
            <Said text={category} />
          </h2>
          <ul>
            {entries.map((entry) => {
              const count = countOf(entry.action);
              return (
                <li key={entry.action}>
                  <Link
                    href={hrefOf(entry)}
                    className={styles['item'] ?? ''}
                    {...(entry.action === chosen ? { 'aria-current': 'page' as const } : {})}
                  >
                    <span className={styles['names']}>
                      <span className={styles['name']}>
                        <Said text={entry.name} />
                      </span>
                      <span className={styles['action']}>
                        <Said text={entry.action} mono />
                      </span>
                    </span>
                    {count !== undefined && count > 0 && (
                      <span
                        className={styles['count']}
                        title={`${plural(count, 'event')} in the last 30 days`}
                      >
                        {compactNumber(count)}
                      </span>
                    )}
                  </Link>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </nav>
  );
}
