/** A value that follows another once that has not changed for a moment. */
import { useEffect, useState } from 'react';

/** In milliseconds: less than the pause between two words, more than that between two letters. */
const SETTLED_MS = 120;

export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
