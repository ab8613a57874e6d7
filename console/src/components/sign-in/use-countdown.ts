/** Seconds that have to pass until something may be tried again. */
import { useCallback, useEffect, useState } from 'react';

const SECOND_MS = 1000;

export interface Countdown {
  /** 0 once they have passed. */
  seconds: number;
  start: (seconds: number) => void;
}

export function useCountdown(): Countdown {
  const [until, setUntil] = useState(0);
  const [seconds, setSeconds] = useState(0);
  const start = useCallback((wait: number) => {
    setUntil(Date.now() + wait * SECOND_MS);
    setSeconds(Math.ceil(wait));
  }, []);
  useEffect(() => {
    if (until === 0) return;
    // What counts is the clock: a page in the background is woken less often.
    const timer = setInterval(() => {
      const left = Math.ceil((until - Date.now()) / SECOND_MS);
      setSeconds(Math.max(left, 0));
      if (left <= 0) clearInterval(timer);
    }, SECOND_MS);
    return () => clearInterval(timer);
  }, [until]);
  return { seconds, start };
}
