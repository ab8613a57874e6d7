/** Where tooltips are drawn: above everything, near what they belong to, within the window. */
import { useEffect, useLayoutEffect, useRef } from 'react';
import { createPortal } from 'react-dom';

import { Keys } from './Keys';
import styles from './Tip.module.css';
import { hideTip, useTip } from './tips';

/** Room between a tooltip and what it belongs to, and to the window's edge, in pixels. */
const GAP_PX = 6;
const EDGE_PX = 8;

export function TipLayer() {
  const tip = useTip();
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (tip === undefined || box.current === null) return;
    const near = tip.anchor.getBoundingClientRect();
    const own = box.current.getBoundingClientRect();
    const above = near.top - own.height - GAP_PX;
    const middle = near.left + near.width / 2 - own.width / 2;
    const left = Math.min(Math.max(middle, EDGE_PX), window.innerWidth - own.width - EDGE_PX);
    box.current.style.left = `${left}px`;
    box.current.style.top = `${above >= EDGE_PX ? above : near.bottom + GAP_PX}px`;
  }, [tip]);
  useEffect(() => {
    if (tip === undefined) return;
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hideTip();
    };
    window.addEventListener('keydown', press, true);
    window.addEventListener('scroll', hideTip, true);
    return () => {
      window.removeEventListener('keydown', press, true);
      window.removeEventListener('scroll', hideTip, true);
    };
  }, [tip]);
  if (tip === undefined) return null;
  return createPortal(
    <div ref={box} role="tooltip" className={styles['tip']}>
      {tip.text}
      {tip.shortcut !== undefined && <Keys keys={tip.shortcut} />}
    </div>,
    document.body,
  );
}
