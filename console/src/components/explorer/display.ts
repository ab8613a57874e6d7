/** How times are written, and what is folded away: choices of this browser, the same on every page. */
import { useSyncExternalStore } from 'react';

import type { TimeStyle } from '../events/Time';

const KEY = 'evident.display';

export interface Display {
  /** Undefined: as the view has them. */
  times: TimeStyle | undefined;
  facets: boolean;
}

const DEFAULT: Display = { times: undefined, facets: true };
const STYLES: readonly string[] = ['timestamp', 'absolute', 'relative'];

function isStyle(value: unknown): value is TimeStyle {
  return typeof value === 'string' && STYLES.includes(value);
}

function read(): Display {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return DEFAULT;
    const { times, facets } = kept as Record<string, unknown>;
    return {
      times: isStyle(times) ? times : undefined,
      facets: facets !== false,
    };
  } catch {
    return DEFAULT;
  }
}

let display = read();
const listeners = new Set<() => void>();

export function setDisplay(change: Partial<Display>): void {
  display = { ...display, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(display));
  } catch {
    // For as long as the page is open, then.
  }
  listeners.forEach((listener) => listener());
}

export function useDisplay(): Display {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => display,
  );
}
