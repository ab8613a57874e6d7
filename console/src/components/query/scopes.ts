/**
 * Where one can look: the whole organization, or one of its projects.
 *
 * Platforms may record events of projects that nobody made here: those are known by their ids only. Whoever may
 * read some projects only is offered these, and all of them together.
 */
import type { CountedValue } from '../../api/events';
import { mayIn, type OwnOrganization } from '../../api/session';
import type { FinderItem } from '../../ui/Finder';

/** The whole of it. No project can be called this: ids are not empty. */
export const EVERYTHING = '';

interface NamedProject {
  readonly id: string;
  readonly name: string;
  readonly archived: boolean;
  readonly kind?: string;
}

export interface Scopes {
  /** What "everything" is here. */
  readonly everything: string;
  readonly projects: readonly NamedProject[];
}

/** The scopes of a person: projects by name, then those that only occur in events. */
export function scopesOf(
  organization: OwnOrganization,
  known: readonly NamedProject[],
  occurring: readonly CountedValue[],
): Scopes {
  const isWhole = organization.permissions.includes('events.read');
  const named = new Map<string, NamedProject>();
  for (const project of [...organization.projects, ...known]) {
    if (mayIn(organization, project.id, 'events.read')) named.set(project.id, project);
  }
  const others = occurring
    .filter(({ value }) => !named.has(value))
    .map(({ value }) => ({ id: value, name: value, archived: false }));
  const byName = [...named.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  return {
    everything: isWhole ? `${organization.name} – everything` : 'All my projects',
    projects: [...byName, ...others],
  };
}

/** What a scope is called. */
export function scopeName(scopes: Scopes, projectId: string | undefined): string {
  if (projectId === undefined) return scopes.everything;
  return scopes.projects.find(({ id }) => id === projectId)?.name ?? projectId;
}

function detailOf({ id, name, archived, kind }: NamedProject): string | undefined {
  const words = [
    ...(kind === undefined ? [] : [kind.charAt(0).toUpperCase() + kind.slice(1)]),
    ...(name === id ? [] : [id]),
    ...(archived ? ['archived'] : []),
  ];
  return words.length === 0 ? undefined : words.join(' · ');
}

/** The scopes as lines of a list. */
export function scopeItems(scopes: Scopes): readonly FinderItem[] {
  return [
    { id: EVERYTHING, label: scopes.everything },
    ...scopes.projects.map((project): FinderItem => {
      const detail = detailOf(project);
      return { id: project.id, label: project.name, ...(detail === undefined ? {} : { detail }) };
    }),
  ];
}
