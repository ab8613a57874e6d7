/** Where one looks: the whole organization, or one of its projects. */
import { useQuery } from '@tanstack/react-query';
import { Building2, ChevronDown, FolderClosed } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';

import { facetsQuery } from '../../api/events';
import { projectsQuery } from '../../api/projects';
import { visibleText } from '../../lib/text/visible';
import { Button } from '../../ui/Button';
import { Pop } from '../../ui/Pop';
import { Skeleton } from '../../ui/States';
import { useLook } from '../explorer/look';
import styles from './Controls.module.css';
import { EVERYTHING, scopeItems, scopeName, scopesOf } from './scopes';

const Finder = lazy(async () => ({ default: (await import('../../ui/Finder')).Finder }));

/** Projects that are looked for in events, where the list of projects does not have them. */
const MAX_OCCURRING = 200;

export function ScopeSwitch() {
  const { organization, state, change } = useLook();
  const [isOpen, setOpen] = useState(false);
  const known = useQuery(projectsQuery(organization.id));
  // Only the list needs those that nobody made here, and it is not always open.
  const occurring = useQuery({
    ...facetsQuery(organization.id, {}, ['project_id'], MAX_OCCURRING),
    enabled: isOpen,
  });
  const values = occurring.data?.facets['project_id']?.values;
  const scopes = useMemo(
    () => scopesOf(organization, known.data ?? [], values ?? []),
    [organization, known.data, values],
  );
  const name = visibleText(scopeName(scopes, state.projectId));
  return (
    <Pop
      label="Scope"
      width="360px"
      isOpen={isOpen}
      onOpenChange={setOpen}
      trigger={
        <Button
          aria-label={`Scope: ${name}`}
          icon={state.projectId === undefined ? <Building2 aria-hidden /> : <FolderClosed aria-hidden />}
        >
          <span className={styles['with-chevron']}>
            <span className={styles['scope']}>{name}</span>
            <ChevronDown aria-hidden />
          </span>
        </Button>
      }
    >
      {(close) => (
        <Suspense fallback={<Skeleton lines={4} label="Loading the projects" />}>
          <Finder
            label="Scope"
            placeholder="Find a project…"
            items={scopeItems(scopes).map((item) => ({ ...item, label: visibleText(item.label) }))}
            selected={state.projectId ?? EVERYTHING}
            onSelect={(id) => {
              close();
              const projectId = id === EVERYTHING ? undefined : id;
              if (projectId !== state.projectId) change({ projectId });
            }}
          />
        </Suspense>
      )}
    </Pop>
  );
}
