/**
 * Permissions as people look at them: in groups, and as what one role allows and another does not.
 *
 * It must hold that every permission is shown, those included that this page does not know yet: a newer server
 * may have more.
 */

export interface Named {
  readonly name: string;
}

export interface Group<Entry> {
  title: string;
  entries: readonly Entry[];
}

const GROUPS: readonly { title: string; names: readonly string[] }[] = [
  {
    title: 'Events and proofs',
    names: ['events.read', 'events.export', 'log.read', 'events.record', 'views.share'],
  },
  { title: 'People', names: ['members.read', 'members.manage', 'roles.manage', 'sso.manage'] },
  { title: 'Projects', names: ['projects.create', 'projects.manage'] },
  {
    title: 'Organization',
    names: ['settings.read', 'organization.manage', 'catalog.manage', 'retention.manage'],
  },
  { title: 'Programs', names: ['keys.manage', 'viewers.issue', 'metrics.read'] },
];

const OTHERS = 'Others';

export function grouped<Entry extends Named>(entries: readonly Entry[]): Group<Entry>[] {
  const left = new Map(entries.map((entry) => [entry.name, entry]));
  const groups = GROUPS.map(({ title, names }) => {
    const found = names.flatMap((name) => {
      const entry = left.get(name);
      left.delete(name);
      return entry === undefined ? [] : [entry];
    });
    return { title, entries: found };
  });
  return [...groups, { title: OTHERS, entries: [...left.values()] }].filter(
    ({ entries: some }) => some.length > 0,
  );
}

/** Those of the needed that are not had: whoever gives a role must have all that it allows. */
export function lacking(needed: readonly string[], had: readonly string[]): string[] {
  const has = new Set(had);
  return needed.filter((name) => !has.has(name));
}

export interface Difference {
  gained: readonly string[];
  lost: readonly string[];
}

/** What somebody may do from now on, and no longer, who goes from one list of permissions to another. */
export function difference(before: readonly string[], after: readonly string[]): Difference {
  return { gained: lacking(after, before), lost: lacking(before, after) };
}

export function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const { gained, lost } = difference(one, other);
  return gained.length === 0 && lost.length === 0;
}
