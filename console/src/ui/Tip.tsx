/**
 * A tooltip: it names what is pointed at or focused. It repeats the label of what it belongs to, so that it
 * holds nothing for those who do not see it.
 */
import { type ReactElement, useEffect } from 'react';

import styles from './Tip.module.css';
import { hideTip, showTip } from './tips';

export interface TipProps {
  text: string;
  shortcut?: string;
  /** A button or link. */
  children: ReactElement;
}

export function Tip({ text, shortcut, children }: TipProps) {
  // What is gone has nothing to say.
  useEffect(() => hideTip, []);
  const show = (target: EventTarget, isAtOnce: boolean) => {
    const anchor = target instanceof Element ? target.closest('button, a') : null;
    if (anchor !== null) showTip({ text, shortcut, anchor }, isAtOnce);
  };
  return (
    // It only listens to what happens within; the control itself is the child.
    <span
      className={styles['anchor']}
      onPointerOver={(event) => {
        if (event.pointerType === 'mouse') show(event.target, false);
      }}
      onPointerOut={hideTip}
      onPointerDown={hideTip}
      onFocus={(event) => {
        if (event.target.matches(':focus-visible')) show(event.target, true);
      }}
      onBlur={hideTip}
    >
      {children}
    </span>
  );
}
