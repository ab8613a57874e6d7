/** A text that is typed here and goes to the address after a short pause, or at once. */
import { useCallback, useEffect, useState } from 'react';

import { arrived, draftOf, expected, sent, typed } from './draft';

/** How long nothing is typed until what was typed is asked, in milliseconds. */
const PAUSE_MS = 250;

export interface DraftOptions {
  /** What the address has. */
  value: string;
  /** Goes to the address; `replace`: Back does not return to what was there before. */
  send: (text: string, options: { replace: boolean }) => void;
  /** What the address will have for a text that is typed; the text itself, unless several mean the same. */
  normalize?: (text: string) => string;
  /** Whether a text is sent by itself after a pause. */
  isReady: (text: string) => boolean;
}

export interface TypedDraft {
  text: string;
  type: (text: string) => void;
  /** Sends a text now, or what was typed. */
  submit: (text?: string) => void;
}

const asTyped = (text: string) => text;

export function useDraft({ value, send, normalize = asTyped, isReady }: DraftOptions): TypedDraft {
  const [draft, setDraft] = useState(() => draftOf(value));
  const current = arrived(draft, value);
  if (current !== draft) setDraft(current);

  const { text } = current;
  const isAhead = normalize(text) !== expected(current);
  useEffect(() => {
    if (!isAhead || !isReady(text)) return undefined;
    const timer = setTimeout(() => {
      setDraft((before) => sent(before, normalize(text)));
      send(text, { replace: true });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, isAhead, isReady, normalize, send]);

  const type = useCallback((next: string) => setDraft((before) => typed(before, next)), []);
  const submit = useCallback(
    (next: string = text) => {
      const after = typed(current, next);
      if (normalize(next) === expected(after)) {
        setDraft(after);
        return;
      }
      setDraft(sent(after, normalize(next)));
      send(next, { replace: false });
    },
    [current, normalize, send, text],
  );
  return { text, type, submit };
}
