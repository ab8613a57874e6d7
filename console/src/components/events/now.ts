/** One clock for all times on the page that say how long ago something was. */
import { useSyncExternalStore } from 'react';

/** How often it moves, in milliseconds. */
const TICK_MS = 5000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  // Nobody looked at the clock meanwhile, so it stood still.
  if (timer === undefined) now = Date.now();
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((each) => each());
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Now, give or take a few seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
