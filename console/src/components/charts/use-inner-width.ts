/** How wide an element is inside, in whole pixels: what is drawn in it is drawn pixel by pixel. */
import { type RefObject, useLayoutEffect, useState } from 'react';

/** Where nothing is laid out, in pixels. */
const ASSUMED_PX = 640;

export function useInnerWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(ASSUMED_PX);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const read = () => setWidth(current.clientWidth > 0 ? current.clientWidth : ASSUMED_PX);
    read();
    if (typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(read);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
