/** Whether the histogram is open, kept in this browser. */
const KEY = 'evident.histogram';
const CLOSED = 'closed';

export function readIsHistogramOpen(): boolean {
  try {
    return localStorage.getItem(KEY) !== CLOSED;
  } catch {
    return true;
  }
}

export function keepIsHistogramOpen(isOpen: boolean): void {
  try {
    localStorage.setItem(KEY, isOpen ? 'open' : CLOSED);
  } catch {
    // It lasts as long as the page, then.
  }
}
