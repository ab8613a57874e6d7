/** The views: three that everybody has, and those that were saved. */
import { ChevronDown } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components';

import type { SavedView } from '../../api/views';
import { LightMenu, type LightSection } from '../../ui/LightMenu';
import styles from './Explorer.module.css';
import { useLook } from './look';
import { isAsSaved, lookOf } from './saved';

export function ViewTabs() {
  const { views, view, state, change } = useLook();
  const builtIn = views.filter(({ built_in }) => built_in);
  const saved = views.filter(({ built_in }) => !built_in);
  // Another view of the same events: scope stays, what the view says about the rest counts.
  const select = (next: SavedView) =>
    change({ ...lookOf(next), ...(state.projectId !== undefined && { projectId: state.projectId }) });
  const current = saved.find(({ id }) => id === view?.id);
  return (
    <nav className={styles['views']} aria-label="Views">
      {builtIn.map((one) => (
        <button
          key={one.id}
          type="button"
          className={styles['view']}
          aria-current={one.id === view?.id ? 'page' : undefined}
          onClick={() => select(one)}
        >
          {one.name}
        </button>
      ))}
      {saved.length > 0 && (
        <LightMenu
          label="Saved views"
          sections={[
            sectionOf(
              'My views',
              saved.filter(({ own }) => own),
              select,
            ),
            sectionOf(
              'Shared with me',
              saved.filter(({ own }) => !own),
              select,
            ),
          ].filter(({ items }) => items.length > 0)}
          selected={current === undefined ? [] : [current.id]}
          trigger={
            <AriaButton
              className={styles['view'] ?? ''}
              {...(current !== undefined && { 'aria-current': 'page' as const })}
            >
              {current === undefined
                ? 'Saved'
                : `${current.name}${isAsSaved(state, current) ? '' : ' (changed)'}`}
              <ChevronDown aria-hidden />
            </AriaButton>
          }
        />
      )}
    </nav>
  );
}

function sectionOf(
  title: string,
  views: readonly SavedView[],
  onSelect: (view: SavedView) => void,
): LightSection {
  const items = views.map((view) => ({
    id: view.id,
    label: view.name,
    onAction: () => onSelect(view),
    ...(view.own && view.shared && { end: 'shared' }),
  }));
  return { title, items };
}
