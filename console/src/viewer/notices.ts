/** What stands in place of the rows where there are none, and why. */
import { explain } from '../api/problem';
import { button, make } from './dom';
import type { LogState } from './log';

/** Rows of the drawing that stands in for a list that is on its way. */
const SKELETON_ROWS = 8;
const FORBIDDEN = 403;

export interface NoticeActions {
  readonly onRetry: () => void;
  readonly onReset: () => void;
}

export interface NoticeLook {
  /** The address of the server cannot be read. */
  readonly isMisaddressed: boolean;
  /** The reader asked for something else than the page did. */
  readonly isChanged: boolean;
}

export function noticeOf(
  { phase, problem, isExpired, events }: LogState,
  { isMisaddressed, isChanged }: NoticeLook,
  { onRetry, onReset }: NoticeActions,
): HTMLElement | undefined {
  if (isMisaddressed) {
    return notice('This log has no address', 'The page that shows it names a server that is none.');
  }
  if (phase === 'waiting') return notice('Nothing to show yet', 'The page has not said yet who is looking.');
  if (phase === 'loading') return skeleton();
  if (phase === 'failed') {
    if (isExpired)
      return notice('Access has ended', 'This page has to renew it. Reload the page if it does not.');
    if (problem?.status === FORBIDDEN) return notice('This log may not be shown here', explain(problem));
    const retry = button({ class: 'button', onPress: onRetry }, 'Try again');
    const again = isChanged ? button({ class: 'button', onPress: onReset }, 'Reset') : undefined;
    return notice(problem?.title ?? 'Something went wrong', problem?.detail ?? '', retry, again);
  }
  if (events.length > 0) return undefined;
  if (!isChanged) return notice('No events', 'Nothing has been recorded here in this time.');
  return notice(
    'No events match',
    'Try a longer time range, or other words.',
    button({ class: 'button', onPress: onReset }, 'Reset'),
  );
}

function notice(title: string, words: string, ...actions: (HTMLElement | undefined)[]): HTMLElement {
  return make(
    'div',
    { class: 'notice', part: 'notice' },
    make('p', { class: 'strong' }, title),
    words === '' ? undefined : make('p', { class: 'muted' }, words),
    make('div', { class: 'actions' }, ...actions),
  );
}

function skeleton(): HTMLElement {
  const rows = Array.from({ length: SKELETON_ROWS }, () => make('div', { class: 'bone' }));
  return make('div', { class: 'skeleton', 'aria-hidden': 'true' }, ...rows);
}
