/**
 * The token of the link that a page was opened by. It is taken out of the address bar at once: it is a
 * secret, and would stay in the history, on screenshots and in copied addresses.
 */
import { useEffect, useState } from 'react';

import { tokenOf } from '../../lib/sign-in/link-token';

export function useLinkToken(): string | undefined {
  const [token, setToken] = useState(() => tokenOf(window.location.hash));
  useEffect(() => {
    const take = () => {
      const { hash, pathname, search } = window.location;
      if (hash === '') return;
      setToken(tokenOf(hash));
      window.history.replaceState(window.history.state, '', pathname + search);
    };
    take();
    // The link may be opened once more in the same tab, which loads nothing anew.
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);
  return token;
}
