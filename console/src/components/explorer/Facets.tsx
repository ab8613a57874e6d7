/**
 * The values of the most asked fields, with how often each occurs in what is shown: the quickest way to narrow a
 * question. In a wide window they stand beside the list, in a narrow one behind a button.
 */
import { PanelLeft } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';

import { explain } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Pop } from '../../ui/Pop';
import { Skeleton } from '../../ui/States';
import { chosenOf, releaseField, toggleChoice, toggleExclusion } from './facet-choice';
import { keepFacetMemory, pin, readFacetMemory, toggleClosed, unpin, USUAL_FIELDS } from './facet-memory';
import styles from './Facets.module.css';
import { FacetsAddField } from './FacetsAddField';
import { FacetsSection } from './FacetsSection';
import { useLook } from './look';
import { useFacets } from './use-facets';

/** From this width on they stand beside the list. */
const WIDE = '(min-width: 1100px)';
/** What stands for them until the first answer. */
const LINES_WAITING = 12;

function subscribeToWidth(listener: () => void): () => void {
  const media = window.matchMedia(WIDE);
  media.addEventListener('change', listener);
  return () => media.removeEventListener('change', listener);
}

/** Whether there is room for them beside the list. */
export function useIsWide(): boolean {
  return useSyncExternalStore(subscribeToWidth, () => window.matchMedia(WIDE).matches);
}

/** Beside the list; nothing where the window is narrow. */
export function Facets() {
  if (!useIsWide()) return null;
  return (
    <aside className={styles['column']} aria-label="Facets">
      <FacetsPanel />
    </aside>
  );
}

/** In the bar above the list; nothing where they stand beside it. */
export function FacetsButton() {
  if (useIsWide()) return null;
  return (
    <Pop label="Facets" width="320px" trigger={<Button icon={<PanelLeft aria-hidden />}>Facets</Button>}>
      <div className={styles['inside']}>
        <FacetsPanel />
      </div>
    </Pop>
  );
}

/** The fields and their values, wherever they stand. */
export function FacetsPanel() {
  const { organization, state, query, change } = useLook();
  const [memory, setMemory] = useState(() => readFacetMemory(organization.id));
  const remember = (next: typeof memory) => {
    setMemory(next);
    keepFacetMemory(organization.id, next);
  };
  // Of one project there is nothing to choose between.
  const usual = USUAL_FIELDS.filter((field) => field !== 'project_id' || state.projectId === undefined);
  const fields = [...usual, ...memory.pinned];
  const open = fields.filter((field) => !memory.closed.includes(field));
  const facets = useFacets(organization.id, query, state, open);
  // How long each section will be nobody knows yet: they come together, and nothing moves under the pointer.
  if (open.length > 0 && facets.values.size === 0 && facets.error === undefined) {
    return <Skeleton lines={LINES_WAITING} label="Loading the facets" />;
  }
  return (
    <div className={styles['panel']}>
      {facets.error !== undefined && (
        <Callout kind="bad">
          {explain(facets.error)}{' '}
          <Button size="s" onPress={facets.retry}>
            Try again
          </Button>
        </Callout>
      )}
      {fields.map((field) => (
        <FacetsSection
          key={field}
          field={field}
          values={facets.values.get(field)}
          isStale={facets.stale.has(field)}
          chosen={chosenOf(state, field)}
          isOpen={!memory.closed.includes(field)}
          onOpenChange={() => remember(toggleClosed(memory, field))}
          onToggle={(value) => change((now) => toggleChoice(now, field, value))}
          onExclude={(value) => change((now) => toggleExclusion(now, field, value))}
          onClear={() => change((now) => releaseField(now, field))}
          onUnpin={memory.pinned.includes(field) ? () => remember(unpin(memory, field)) : undefined}
        />
      ))}
      <FacetsAddField taken={fields} onAdd={(field) => remember(pin(memory, field))} />
    </div>
  );
}
