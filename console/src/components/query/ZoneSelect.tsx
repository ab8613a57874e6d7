/** The zone that days and times are of: the reader's own, UTC, or any other. */
import { ChevronDown } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';

import { offsetAt, offsetLabel } from '../../lib/time/zone';
import { matchingZones, ownZone, zoneChoices, type ZoneChoice } from '../../lib/time/zones';
import { Finder, type FinderItem } from '../../ui/Finder';
import { Pop } from '../../ui/Pop';
import styles from './TimePanel.module.css';

export interface ZoneSelectProps {
  zone: string;
  /** In milliseconds since 1970. */
  now: number;
  onChange: (zone: string) => void;
}

function itemOf({ name, label, offset }: ZoneChoice): FinderItem {
  return { id: name, label: name === ownZone() ? `${label} (yours)` : label, end: offset };
}

function Zones({ zone, now, onSelect }: { zone: string; now: number; onSelect: (zone: string) => void }) {
  // The reader's own comes first, then UTC, then all others by name.
  const zones = useMemo(() => {
    const all = zoneChoices(now);
    const own = ownZone();
    return [...all.filter(({ name }) => name === own), ...all.filter(({ name }) => name !== own)];
  }, [now]);
  return (
    <Finder
      label="Time zone"
      placeholder="Find a time zone…"
      items={zones.map(itemOf)}
      selected={zone}
      onSelect={onSelect}
      find={(text) => matchingZones(zones, text).map(itemOf)}
    />
  );
}

export function ZoneSelect({ zone, now, onChange }: ZoneSelectProps) {
  const [isOpen, setOpen] = useState(false);
  const label = zone.replaceAll('_', ' ');
  const offset = offsetLabel(offsetAt(now, zone));
  return (
    <div className={styles['zone']}>
      <span className={styles['zone-label']} aria-hidden>
        Time zone
      </span>
      <Pop
        label="Time zone"
        width="340px"
        at="top end"
        isOpen={isOpen}
        onOpenChange={setOpen}
        trigger={
          <Button className={styles['zone-button'] ?? ''} aria-label={`Time zone: ${label} ${offset}`}>
            <span className={styles['zone-name']}>{label}</span>{' '}
            {offset !== label && <span className={styles['zone-offset']}>{offset}</span>}
            <ChevronDown aria-hidden />
          </Button>
        }
      >
        {(close) => (
          <Zones
            zone={zone}
            now={now}
            onSelect={(next) => {
              onChange(next);
              close();
            }}
          />
        )}
      </Pop>
    </div>
  );
}
