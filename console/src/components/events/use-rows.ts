/**
 * Which rows of a long list are seen. All rows have one height, so it is a division: what a library would
 * measure is known.
 */
import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';

/** Rows that are there beyond those that are seen. */
const OVERSCAN_ROWS = 12;

export interface Rows {
  /** The first row that is there, and the one behind the last. */
  first: number;
  end: number;
  /** The height of all rows, in pixels. */
  height: number;
  /** Scrolls as little as it takes to show a row. */
  show: (index: number) => void;
}

export interface RowsOptions {
  frame: RefObject<HTMLElement | null>;
  count: number;
  /** In pixels. */
  rowHeight: number;
  /** What stays at the top of the frame, in pixels. */
  headHeight: number;
}

/** Scrolls so far down, in pixels. */
export function scrollDown(element: HTMLElement, top: number): void {
  element.scrollTop = top;
}

export function useRows({ frame, count, rowHeight, headHeight }: RowsOptions): Rows {
  const [seen, setSeen] = useState({ first: 0, rows: 0 });
  useLayoutEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const read = () => {
      const first = Math.floor(current.scrollTop / rowHeight);
      const rows = Math.ceil(current.clientHeight / rowHeight) + 1;
      setSeen((before) => (before.first === first && before.rows === rows ? before : { first, rows }));
    };
    read();
    current.addEventListener('scroll', read, { passive: true });
    const observer = typeof ResizeObserver === 'undefined' ? undefined : new ResizeObserver(read);
    observer?.observe(current);
    return () => {
      current.removeEventListener('scroll', read);
      observer?.disconnect();
    };
  }, [frame, rowHeight]);

  const show = useCallback(
    (index: number) => {
      const { current } = frame;
      if (current === null) return;
      const top = index * rowHeight;
      const bottom = top + rowHeight + headHeight;
      if (top < current.scrollTop) scrollDown(current, top);
      else if (bottom > current.scrollTop + current.clientHeight) {
        scrollDown(current, bottom - current.clientHeight);
      }
    },
    [frame, rowHeight, headHeight],
  );
  const first = Math.max(0, Math.min(seen.first, count - 1) - OVERSCAN_ROWS);
  const end = Math.min(count, seen.first + seen.rows + OVERSCAN_ROWS);
  return { first, end: Math.max(first, end), height: count * rowHeight, show };
}
