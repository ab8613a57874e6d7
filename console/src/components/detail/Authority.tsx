/**
 * On whose authority something was done: a path from the person at the root through every agent to who
 * acted. Each stop can be filtered by.
 */
import { ChevronRight } from 'lucide-react';

import type { Event, Party } from '../../api/events';
import styles from './Authority.module.css';
import { useDetail } from './about';
import { Part } from './Part';
import { partyIcon, partyName } from './parties';
import { Shown } from './Value';

export function Authority({ event }: { event: Event }) {
  const chain = event.on_behalf_of ?? [];
  if (chain.length === 0) return null;
  return (
    <Part title="Authority Chain">
      <ol className={styles['path']}>
        {chain.map((party, index) => (
          // The same party may stand in the chain more than once.
          <li key={`${index}:${party.id}`} className={styles['stop']}>
            <Stop
              party={party}
              part={index === 0 ? 'Root authority' : 'Acts on its behalf'}
              field="on_behalf_of.id"
            />
            <ChevronRight className={styles['arrow']} aria-hidden />
          </li>
        ))}
        <li className={styles['stop']}>
          <Stop party={event.actor} part="Actor" field="actor.id" />
        </li>
      </ol>
    </Part>
  );
}

function Stop({ party, part, field }: { party: Party; part: string; field: string }) {
  const { openMenu } = useDetail();
  const name = partyName(party);
  return (
    <button
      type="button"
      className={styles['chip']}
      aria-haspopup="menu"
      title={party.id}
      onClick={(press) => openMenu({ label: name, text: party.id, field, actor: party }, press.currentTarget)}
    >
      {partyIcon(party.type)}
      <span className={styles['who']}>
        <span className={styles['name']}>
          <Shown text={name} />
        </span>
        <span className={styles['part']}>
          {part} · <Shown text={party.type} />
        </span>
      </span>
    </button>
  );
}
