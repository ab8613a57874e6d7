import { act, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, describe, expect, it } from 'vitest';

import { useLinkToken } from './use-link-token';

afterEach(() => window.history.replaceState(null, '', '/'));

describe('the token of the link that opened a page', () => {
  it('is taken, and is in the address bar no more', () => {
    window.history.replaceState({ kept: true }, '', '/setup?lang=en#evident_setup_1');
    const { result } = renderHook(() => useLinkToken(), { wrapper: StrictMode });
    expect(result.current).toBe('evident_setup_1');
    expect(window.location.href).toBe(`${window.location.origin}/setup?lang=en`);
    expect(window.history.state).toEqual({ kept: true });
  });

  it('is none where the address has none', () => {
    window.history.replaceState(null, '', '/setup');
    expect(renderHook(() => useLinkToken()).result.current).toBeUndefined();
  });

  it('is the one of a link that is opened later in the same tab', () => {
    window.history.replaceState(null, '', '/setup#evident_setup_1');
    const { result } = renderHook(() => useLinkToken());
    act(() => {
      window.history.replaceState(null, '', '/setup#evident_setup_2');
      window.dispatchEvent(new HashChangeEvent('hashchange'));
    });
    expect(result.current).toBe('evident_setup_2');
    expect(window.location.hash).toBe('');
  });
});
