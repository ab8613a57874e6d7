/** A look for tests: its state lives here in place of the address, and the API answers what a test says. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { vi } from 'vitest';

import type { CountedValue } from '../../api/events';
import type { OwnOrganization } from '../../api/session';
import type { SavedView } from '../../api/views';
import {
  EMPTY_QUERY,
  effectiveRange,
  type QueryState,
  readSearch,
  toApi,
  writeSearch,
} from '../../lib/query/state';
import { type Change, type Look, LookProvider } from '../explorer/look';
import { viewRange } from '../explorer/saved';

export const ORGANIZATION: OwnOrganization = {
  id: 'org_1',
  name: 'Quillmere AI',
  archived: false,
  permissions: ['events.read'],
  projects: [],
};

export interface Changed {
  state: QueryState;
  replace: boolean;
}

export interface LookOptions {
  state?: Partial<QueryState>;
  zone?: string;
  view?: SavedView;
  /** All that there are, where a test goes from one to another. */
  views?: readonly SavedView[];
  columns?: readonly string[];
  organization?: OwnOrganization;
  /** That of the console, where what is kept in it matters. */
  client?: QueryClient;
}

/** What was asked for, newest last, and how to go to another look from outside. */
export interface LookLog {
  changes: Changed[];
  state: () => QueryState;
  go: (state: Partial<QueryState>) => void;
}

export function renderWithLook(children: ReactNode, options: LookOptions = {}): LookLog {
  const changes: Changed[] = [];
  let current: QueryState = { ...EMPTY_QUERY, ...options.state };
  let setOutside: (state: QueryState) => void = () => undefined;
  const defaults = {
    defaultPattern: options.view?.default_pattern,
    defaultRange: options.view && viewRange(options.view),
    defaultZone: options.zone ?? 'UTC',
  };

  function Provider() {
    const [state, setState] = useState(current);
    setOutside = setState;
    current = state;
    const change = useCallback((how: Change, { replace = false }: { replace?: boolean } = {}) => {
      setState((before) => {
        // As the address does it: written, and read back.
        const wanted = typeof how === 'function' ? how(before) : { ...before, ...how };
        const after = readSearch(writeSearch(wanted));
        if (changes.at(-1)?.state !== after) changes.push({ state: after, replace });
        return after;
      });
    }, []);
    const look = useMemo(
      (): Look => ({
        organization: options.organization ?? ORGANIZATION,
        state,
        query: toApi(state, defaults),
        range: effectiveRange(state, defaults),
        zone: state.tz ?? defaults.defaultZone,
        view: options.view,
        views: options.views ?? [],
        columns: options.columns ?? [],
        change,
        eventId: undefined,
        open: () => undefined,
      }),
      [state, change],
    );
    return <LookProvider look={look}>{children}</LookProvider>;
  }

  const client = options.client ?? new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Provider />
    </QueryClientProvider>,
  );
  return {
    changes,
    state: () => current,
    go: (state) => setOutside({ ...EMPTY_QUERY, ...state }),
  };
}

/** Answers completions: names of fields without a field, else the values of that field that begin so. */
export function answerCompletions(values: Readonly<Record<string, readonly CountedValue[]>>): URL[] {
  const asked: URL[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    const url = new URL(request.url);
    asked.push(url);
    const field = url.searchParams.get('field') ?? '';
    const prefix = (url.searchParams.get('prefix') ?? '').toLowerCase();
    const found = (values[field] ?? []).filter(({ value }) => value.toLowerCase().startsWith(prefix));
    return Promise.resolve(Response.json({ values: found, facets: {}, data: [], next_cursor: null }));
  });
  return asked;
}
