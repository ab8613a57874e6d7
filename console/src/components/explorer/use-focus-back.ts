/**
 * Focus goes back to a button whose menu opened a dialog. By itself it would not: the item that was pressed is gone
 * by the time when the dialog closes.
 */
import { type RefObject, useCallback, useRef } from 'react';

export interface FocusBack {
  /** Around the button. */
  place: RefObject<HTMLSpanElement | null>;
  /** To be called when the dialog closes. */
  focusBack: () => void;
}

export function useFocusBack(): FocusBack {
  const place = useRef<HTMLSpanElement>(null);
  const focusBack = useCallback(() => {
    // The dialog has to be gone first: until then focus stays in it.
    requestAnimationFrame(() => place.current?.querySelector('button')?.focus());
  }, []);
  return { place, focusBack };
}
