/**
 * One event, all of it: what people ask first at the top, what machines know it by at the end, and its proof.
 * It fills what it is put into, a panel or a page, and scrolls by itself.
 *
 * Nothing of the event before it is left when the next one is shown, but for the way of looking at it.
 */
import { ChevronDown, ChevronUp, Download, X } from 'lucide-react';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';

import type { Event, Party } from '../../api/events';
import { places } from '../../api/places';
import type { OwnOrganization } from '../../api/session';
import type { Filter } from '../../lib/query/filters';
import { absoluteTime } from '../../lib/time/formats';
import { IconButton } from '../../ui/Button';
import { Segments } from '../../ui/Choice';
import { CopyButton } from '../../ui/Copy';
import { saveText } from '../../ui/save';
import { Skeleton } from '../../ui/States';
import { EventTypeBadge, ResultBadge } from '../events/badges';
import { useNow } from '../events/now';
import { ProofBadge } from '../proof/ProofBadge';
import { useOrganization } from '../shell/use-organization';
import { type About, type DetailPlace, DetailPlaceProvider } from './about';
import { agoLabel } from './ago';
import { Attempt } from './Attempt';
import { Authority } from './Authority';
import { Changes } from './Changes';
import { Circumstances } from './Circumstances';
import styles from './EventDetail.module.css';
import { Json } from './Json';
import { Metadata } from './Metadata';
import { Overview } from './Overview';
import { Part } from './Part';
import { RequestDetails } from './RequestDetails';
import { Resources } from './Resources';
import { useSettled } from './settled';
import { Technical } from './Technical';
import { Shown } from './Value';
import { ValueMenu } from './ValueMenu';

const ProofPanel = lazy(async () => ({ default: (await import('../proof/ProofPanel')).ProofPanel }));

export interface EventDetailProps {
  event: Event;
  /** The zone that times are shown in; the reader's own unless given. */
  zone?: string;
  /** Adds a filter to the look at hand. Without it, filters lead to a look of their own. */
  onFilter?: (filter: Filter) => void;
  onSeeActor?: (actor: Party) => void;
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
  onClose?: () => void;
  /** Where in the list it stands, as in "12 of 1,234". */
  position?: string;
  /** The address of another event, such as the other half of an attempt. */
  hrefOf?: (eventId: string) => string;
}

export function EventDetail(props: EventDetailProps) {
  return <EventDetailIn {...props} organization={useOrganization()} />;
}

type Mode = 'details' | 'json';
const MODES = [
  { value: 'details' as const, label: 'Details' },
  { value: 'json' as const, label: 'JSON' },
];

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface EventDetailInProps extends EventDetailProps {
  organization: OwnOrganization;
}

/** The same, where the address does not say which organization it is. */
export function EventDetailIn({ organization, ...props }: EventDetailInProps) {
  const { event, zone = ownZone(), onFilter, onSeeActor, hrefOf } = props;
  const [mode, setMode] = useState<Mode>('details');
  const [menu, setMenu] = useState<{ about: About; at: HTMLElement }>();
  const isReady = useSettled(event.id);
  const proof = useRef<HTMLElement>(null);
  const organizationId = organization.id;
  const place = useMemo<DetailPlace>(
    () => ({
      organizationId,
      zone,
      onFilter,
      onSeeActor,
      hrefOf: hrefOf ?? ((id) => places.event(organizationId, id)),
      openMenu: (about, at) => setMenu({ about, at }),
    }),
    [organizationId, zone, onFilter, onSeeActor, hrefOf],
  );
  const showProof = () => {
    setMode('details');
    // Behind the next drawing, where it was not there yet.
    requestAnimationFrame(() => proof.current?.scrollIntoView({ block: 'start' }));
  };
  return (
    <DetailPlaceProvider value={place}>
      <article className={styles['detail']} aria-label={`Event: ${event.name}`}>
        <Bar {...props} mode={mode} onMode={setMode} />
        <div className={styles['heading']}>
          <div className={styles['title']}>
            <h2>
              <Shown text={event.name} />
            </h2>
            <ResultBadge result={event.result} />
            <EventTypeBadge type={event.event_type} badge={event.badge} />
          </div>
          <div className={styles['when']}>
            <When instant={event.occurred_at} zone={zone} />
            <ProofBadge organization={organization} event={event} isReady={isReady} onPress={showProof} />
          </div>
          {event.description !== undefined && (
            <p className={styles['description']}>
              <Shown text={event.description} isMultiline />
            </p>
          )}
        </div>
        {mode === 'json' ? (
          <div key={event.id} className={styles['raw']}>
            <Json value={event} what="Event" isTall actions={<SaveEvent event={event} />} />
          </div>
        ) : (
          // It scrolls, so a keyboard has to reach it.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <div key={event.id} className={styles['body']} tabIndex={0} role="group" aria-label="Details">
            <Overview event={event} />
            <Changes event={event} />
            <Authority event={event} />
            <Attempt event={event} />
            <Resources event={event} />
            <RequestDetails event={event} />
            <Circumstances event={event} />
            <Metadata event={event} />
            <Technical organization={organization} event={event} isReady={isReady} />
            <Part title="Proof" ref={proof}>
              <Suspense fallback={<Skeleton lines={4} label="Verifying" />}>
                <ProofPanel organization={organization} event={event} zone={zone} isReady={isReady} />
              </Suspense>
            </Part>
          </div>
        )}
        {menu !== undefined && (
          <ValueMenu about={menu.about} at={menu.at} onClose={() => setMenu(undefined)} />
        )}
      </article>
    </DetailPlaceProvider>
  );
}

interface BarProps extends EventDetailProps {
  mode: Mode;
  onMode: (mode: Mode) => void;
}

/** What can be done with the event as a whole. */
function Bar({ event, onPrevious, onNext, onClose, position, mode, onMode }: BarProps) {
  return (
    <div className={styles['bar']}>
      {(onPrevious !== undefined || onNext !== undefined) && (
        <>
          <IconButton
            label="Previous event"
            shortcut="k"
            size="s"
            isDisabled={onPrevious === undefined}
            onPress={() => onPrevious?.()}
          >
            <ChevronUp aria-hidden />
          </IconButton>
          <IconButton
            label="Next event"
            shortcut="j"
            size="s"
            isDisabled={onNext === undefined}
            onPress={() => onNext?.()}
          >
            <ChevronDown aria-hidden />
          </IconButton>
        </>
      )}
      {position !== undefined && <span className={styles['position']}>{position}</span>}
      <span className={styles['gap']} />
      <Segments label="How the event is shown" hideLabel options={MODES} value={mode} onChange={onMode} />
      <CopyButton text={() => JSON.stringify(event, null, 2)} what="Event as JSON" />
      {onClose !== undefined && (
        <IconButton label="Close" shortcut="Esc" size="s" onPress={onClose}>
          <X aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

function When({ instant, zone }: { instant: string; zone: string }) {
  const now = useNow();
  return (
    <span className={styles['time']}>
      <time dateTime={instant}>{absoluteTime(instant, zone, 'milliseconds')}</time>
      <span>{zone}</span>
      <span>·</span>
      <span>{agoLabel(instant, zone, now)}</span>
    </span>
  );
}

function SaveEvent({ event }: { event: Event }) {
  return (
    <IconButton
      label="Download as a file"
      size="s"
      onPress={() => saveText(`${event.id}.json`, JSON.stringify(event, null, 2), 'application/json')}
    >
      <Download aria-hidden />
    </IconButton>
  );
}
