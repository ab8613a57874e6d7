/** Waits for the first event that did not come from Evident itself, and stops as soon as it is there. */
import { useCallback, useEffect, useState } from 'react';

import type { Event } from '../../api/events';
import { explain } from '../../api/problem';
import { follow } from '../../api/tail';

/** How long one waits, in milliseconds: a page that is left open keeps no stream for ever. */
const WAIT_MS = 30 * 60_000;
/** What people do in Evident is recorded as well; it is not what is waited for. */
const NOT_EVIDENTS_OWN = ['metadata.system:is_not:evident'];
/** The beginning of a log. */
const BEFORE_ALL = -1;

export type FirstEventState =
  | { state: 'connecting' | 'listening' | 'broken' | 'stopped' }
  | { state: 'refused'; reason: string }
  | { state: 'arrived'; event: Event };

export interface FirstEventWait {
  now: FirstEventState;
  listenAgain: () => void;
}

export function useFirstEvent(organizationId: string, onArrived?: (event: Event) => void): FirstEventWait {
  const [now, setNow] = useState<FirstEventState>({ state: 'connecting' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = follow({
      query: { filter: NOT_EVIDENTS_OWN },
      after: BEFORE_ALL,
      onEvent: (event) => {
        end();
        setNow((before) => (before.state === 'arrived' ? before : { state: 'arrived', event }));
        onArrived?.(event);
      },
      onState: (state) =>
        setNow((before) =>
          before.state === 'arrived' ? before : { state: state === 'open' ? 'listening' : state },
        ),
      onRefused: (problem) => setNow({ state: 'refused', reason: explain(problem) }),
    });
    const timer = setTimeout(() => {
      stop();
      setNow({ state: 'stopped' });
    }, WAIT_MS);
    const end = () => {
      clearTimeout(timer);
      stop();
    };
    return end;
  }, [organizationId, onArrived, round]);
  const listenAgain = useCallback(() => {
    setNow({ state: 'connecting' });
    setRound((before) => before + 1);
  }, []);
  return { now, listenAgain };
}
