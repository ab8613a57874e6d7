/** Which tooltip is shown, and where: one at a time for the whole page. */
import { useSyncExternalStore } from 'react';

export interface ShownTip {
  text: string;
  shortcut: string | undefined;
  anchor: Element;
}

/** How long a pointer rests before it is told, in milliseconds. */
const DELAY_MS = 450;
/** While one was shown a moment ago, the next one comes at once. */
const WARM_MS = 300;

let shown: ShownTip | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let hiddenAt = 0;
const listeners = new Set<() => void>();

function set(next: ShownTip | undefined) {
  if (shown === next) return;
  if (next === undefined) hiddenAt = performance.now();
  shown = next;
  listeners.forEach((listener) => listener());
}

/** After a rest of the pointer; at once for the keyboard. */
export function showTip(tip: ShownTip, isAtOnce: boolean): void {
  clearTimeout(timer);
  const isWarm = performance.now() - hiddenAt < WARM_MS;
  timer = setTimeout(() => set(tip), isAtOnce || isWarm ? 0 : DELAY_MS);
}

export function hideTip(): void {
  clearTimeout(timer);
  set(undefined);
}

export function useTip(): ShownTip | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
