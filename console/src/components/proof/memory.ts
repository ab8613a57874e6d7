/**
 * What this browser keeps of an organization's log: its verifier key and the last checkpoint that was
 * verified here, as `lib/proof` writes them.
 *
 * It must hold that only what `lib/proof` gave is written, and that what another tab wrote meanwhile
 * is not written over. A browser that keeps nothing is no error: every look is then the first.
 */

const nameOf = (organizationId: string) => `evident.log.${organizationId}`;

/** What is kept; null if nothing is, or nothing can be. */
export function recall(organizationId: string): string | null {
  try {
    return localStorage.getItem(nameOf(organizationId));
  } catch {
    return null;
  }
}

/** Keeps a text in the place of `before`, unless that is not what is there any more. */
export function remember(organizationId: string, text: string, before: string | null): void {
  try {
    if (localStorage.getItem(nameOf(organizationId)) === before) {
      localStorage.setItem(nameOf(organizationId), text);
    }
  } catch {
    // Private windows and full stores keep nothing.
  }
}

/** Forgets the log: the next look is the first one again. Only a person decides this. */
export function forget(organizationId: string): void {
  try {
    localStorage.removeItem(nameOf(organizationId));
  } catch {
    // There was nothing then.
  }
}
