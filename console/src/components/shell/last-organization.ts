/** Which organization this browser looked at last, for the page that names none. */
import type { OwnOrganization, SignedIn } from '../../api/session';

const KEY = 'evident.organization';

export function rememberOrganization(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // Then the first of them is shown the next time.
  }
}

export function lastOrganization(session: SignedIn): OwnOrganization | undefined {
  let last: string | null = null;
  try {
    last = localStorage.getItem(KEY);
  } catch {
    // The first of them, then.
  }
  const active = session.organizations.filter(({ archived }) => !archived);
  return active.find(({ id }) => id === last) ?? active[0] ?? session.organizations[0];
}
