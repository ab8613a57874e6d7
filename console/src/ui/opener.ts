/**
 * What menus and popovers share: a button that opens something which is fetched the first time. Nothing of
 * what it opens is part of the page's first script.
 */
import { cloneElement, type ReactElement, useEffect, useRef, useState } from 'react';

interface Opening {
  ref: unknown;
  onPress: () => void;
  onHoverStart: () => void;
  'aria-haspopup': 'menu' | 'dialog';
  'aria-expanded': boolean;
}

export interface OpenerProps {
  /** A button of ours: it takes what a button of React Aria takes. */
  trigger: ReactElement;
  kind: 'menu' | 'dialog';
  /** Fetches what will be opened. */
  fetch: () => void;
  isOpen?: boolean | undefined;
  onOpenChange?: ((isOpen: boolean) => void) | undefined;
}

export function useOpener({ trigger, kind, fetch, isOpen, onOpenChange }: OpenerProps) {
  const ref = useRef<HTMLButtonElement>(null);
  const [own, setOwn] = useState(false);
  const open = isOpen ?? own;
  const setOpen = (next: boolean) => {
    setOwn(next);
    onOpenChange?.(next);
  };
  // Where a key opened it, nothing may have had the focus: then the button has it once all is closed.
  useEffect(() => {
    if (!open) return undefined;
    const opener = ref.current;
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) opener?.focus();
      });
    };
  }, [open]);
  // The ref is handed on, and read only once something is open.
  // eslint-disable-next-line react-hooks/refs
  const button = cloneElement(trigger as ReactElement<Opening>, {
    ref,
    onPress: () => setOpen(!open),
    // Who points at it will press it: it is there by then.
    onHoverStart: fetch,
    'aria-haspopup': kind,
    'aria-expanded': open,
  });
  return { button, ref, open, setOpen };
}
