/** The list under the search bar. The input keeps the focus and says which line is chosen. */
import { type ReactNode, useEffect, useRef } from 'react';

import { isCountable } from '../../lib/query/fields';
import { fieldLabel } from '../../lib/query/known-fields';
import type { Completing } from '../../lib/query/completion';
import { compactNumber, plural } from '../../lib/text/numbers';
import { visibleText } from '../../lib/text/visible';
import { classes } from '../../ui/classes';
import { Keys } from '../../ui/Keys';
import type { Proposal } from './proposals';
import styles from './SearchBar.module.css';

export interface ProposalListProps {
  id: string;
  proposals: readonly Proposal[];
  active: number;
  completing: Completing;
  isLoading: boolean;
  onChoose: (proposal: Proposal) => void;
  /** Stands above the list. */
  children?: ReactNode;
}

function titleOf({ kind, field }: Completing): string {
  return kind === 'value' && field !== undefined ? `Values of ${visibleText(fieldLabel(field))}` : 'Fields';
}

function noneSaid({ field, prefix }: Completing): string {
  if (field !== undefined && !isCountable(field)) return 'This field takes whole values only: paste one.';
  if (prefix === '') return 'None of these events has one.';
  return 'No value begins like that. * stands for any run of characters.';
}

export function ProposalList({
  id,
  proposals,
  active,
  completing,
  isLoading,
  onChoose,
  children,
}: ProposalListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const title = titleOf(completing);
  return (
    <div className={styles['proposals']}>
      {children}
      <div className={styles['title']} aria-hidden>
        {title}
      </div>
      {proposals.length === 0 && (
        <div className={styles['none']} role="status">
          {isLoading ? 'Looking…' : noneSaid(completing)}
        </div>
      )}
      <div ref={list} id={id} role="listbox" aria-label={title} className={styles['list']}>
        {proposals.map((proposal, at) => (
          <div
            key={proposal.value}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === active}
            tabIndex={-1}
            className={classes(styles['option'], at === active && styles['active'])}
            onMouseDown={(event) => {
              // The focus stays in the input.
              event.preventDefault();
              onChoose(proposal);
            }}
          >
            <span className={styles[`is-${proposal.kind}`]}>
              {visibleText(proposal.value)}
              {proposal.kind === 'field' && ':'}
            </span>
            <span className={styles['about']}>{proposal.description ?? proposal.label}</span>
            {proposal.count !== undefined && (
              <span className={styles['count']} title={plural(proposal.count, 'event')}>
                {compactNumber(proposal.count)}
                <span className="visually-hidden"> events</span>
              </span>
            )}
          </div>
        ))}
      </div>
      <div className={styles['foot']} aria-hidden>
        <span>
          <Keys keys="↑ ↓" /> choose
        </span>
        <span>
          <Keys keys="↵" /> {active >= 0 ? 'take' : 'search'}
        </span>
        <span className={styles['syntax']}>
          <code>-result:success</code> leaves out
        </span>
        <span className={styles['syntax']}>
          <code>&quot;words together&quot;</code>
        </span>
      </div>
    </div>
  );
}
