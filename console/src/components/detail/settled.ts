/** Whether something has stayed for a moment: who leafs through events asks for no proof of each. */
import { useEffect, useState } from 'react';

/** How long is a moment, in milliseconds. */
const SETTLES_MS = 300;

export function useSettled(id: string): boolean {
  const [settled, setSettled] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setSettled(id), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return settled === id;
}
