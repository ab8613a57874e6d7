/**
 * Short messages at the edge of the window: that something was done, or was not. They are few and go by
 * themselves; what has to be read stands on the page.
 */
import { useSyncExternalStore } from 'react';

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
  link: ToastLink | undefined;
}

/** Where it goes on, at a place of the console. */
export interface ToastLink {
  label: string;
  href: string;
}

/** How long one stays, in milliseconds. */
const STAYS_MS = 4000;
/** Those that have to be read, or lead somewhere. */
const STAYS_LONGER_MS = 9000;
/** How many are seen at once. */
const AT_ONCE = 3;

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

export function toast(text: string, tone: Toast['tone'] = 'plain', link?: ToastLink): void {
  last += 1;
  const id = last;
  set([...toasts, { id, text, tone, link }].slice(-AT_ONCE));
  setTimeout(() => dismiss(id), tone === 'bad' || link !== undefined ? STAYS_LONGER_MS : STAYS_MS);
}

export function dismiss(id: number): void {
  set(toasts.filter((candidate) => candidate.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts);
}
