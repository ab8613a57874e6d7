/** What a page of the settings has in its address: which tab is shown, what is filtered. Back works with it. */
import { useLocation, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

import { writeUrlSearch } from '../../lib/query/url';

/** Names that are left out of the change stay; those that are undefined go. */
export type AddressChange = Readonly<Record<string, string | undefined>>;

export interface Address {
  /** The text of a parameter; the first, where it came more than once. */
  read: (name: string) => string | undefined;
  /** `replace`: Back does not return to what was there. */
  write: (change: AddressChange, options?: { replace?: boolean }) => void;
}

export function useAddress(): Address {
  const router = useRouter();
  const { pathname } = useLocation();
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const read = useCallback(
    (name: string) => {
      const value = search[name];
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return typeof first === 'string' ? first : undefined;
    },
    [search],
  );
  const write = useCallback(
    (change: AddressChange, { replace = false }: { replace?: boolean } = {}) => {
      const href = pathname + writeUrlSearch({ ...search, ...change });
      if (replace) router.history.replace(href);
      else router.history.push(href);
    },
    [router, pathname, search],
  );
  return { read, write };
}
