import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event } from '../../api/events';
import type { OwnOrganization } from '../../api/session';
import type { Filter } from '../../lib/query/filters';
import { EventDetailIn } from './EventDetail';

/** Menus take their time where a machine is busy, in milliseconds. */
const TIMEOUT_MS = 20_000;

const ORGANIZATION = {
  id: 'org_1',
  name: 'Acme',
  permissions: [],
  projects: [],
} as unknown as OwnOrganization;

const PLAIN: Event = {
  index: 7,
  id: '01a1c3fe-d420-7a55-a9b3-47a5e61b4a1a',
  action: 'guardrail.updated',
  name: 'Guardrail updated',
  category: 'Guardrails',
  event_type: 'Policy Changes',
  badge: 'Guardrail Change',
  level: 'project',
  catalog_version: '3',
  occurred_at: '2026-11-20T22:52:00.000000Z',
  received_at: '2026-11-20T22:52:01.000000Z',
  actor: { type: 'user', id: 'usr_1', name: 'Ada Obi', email: 'ada@example.com' },
  organization_id: 'org_1',
  result: 'denied',
  phase: 'outcome',
};

const FULL: Event = {
  ...PLAIN,
  description: 'Ada Obi updated guardrail PII filter',
  project_id: 'prj_1',
  targets: [{ type: 'guardrail', id: 'grd_1', name: 'PII filter' }],
  changes: [{ field: 'threshold', old: 0.5, new: 0.75 }],
  request: {
    method: 'PUT',
    path: '/agent/1/guardrails/2',
    status: 200,
    body: { a: 1 },
    response: { ok: true },
  },
  context: { ip: '192.0.2.7', session_id: 'ses_1' },
  metadata: { note: 'x' },
};

let others: Event[] = [];

beforeEach(() => {
  others = [];
  vi.stubGlobal('fetch', (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/v1/catalog') return Promise.resolve(Response.json({ version: '3', events: [] }));
    if (pathname === '/v1/events') {
      const page = {
        data: others,
        next_cursor: null,
        prev_cursor: null,
        total: others.length,
        as_of: 9,
        took_ms: 1,
      };
      return Promise.resolve(Response.json(page));
    }
    return Promise.resolve(Response.json({ code: 'not_found', title: 'Not found' }, { status: 404 }));
  });
});
afterEach(() => vi.unstubAllGlobals());

function show(event: Event, onFilter?: (filter: Filter) => void) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <EventDetailIn
        organization={ORGANIZATION}
        event={event}
        zone="UTC"
        {...(onFilter !== undefined && { onFilter })}
      />
    </QueryClientProvider>,
  );
}

const part = (name: string) => within(screen.getByRole('region', { name }));
const names = (name: string) =>
  part(name)
    .getAllByRole('term')
    .map((term) => term.textContent);

describe('the detail of an event', { timeout: TIMEOUT_MS }, () => {
  it('has the sections and names that people know', () => {
    show(FULL);
    expect(names('Overview').slice(0, 5)).toEqual([
      'Timestamp',
      'Result',
      'Actor',
      'Action',
      'Resource Type',
    ]);
    expect(part('Overview').getByText('ada@example.com')).toBeTruthy();
    expect(names('Technical Information').slice(0, 3)).toEqual(['Event ID', 'Organization ID', 'Actor ID']);
    const request = part('Request Details');
    expect(request.getByText('PUT')).toBeTruthy();
    expect(request.getByText('/agent/1/guardrails/2')).toBeTruthy();
    expect(request.getByRole('group', { name: 'Request Body' }).textContent).toContain('"a": 1');
    expect(request.getByRole('group', { name: 'Response' }).textContent).toContain('"ok": true');
  });

  it('leaves out what the event does not have', () => {
    show(PLAIN);
    for (const name of [
      'Change',
      'Authority Chain',
      'Attempt and Outcome',
      'Resource',
      'Request Details',
      'Context',
      'Metadata',
    ]) {
      expect(screen.queryByRole('region', { name })).toBeNull();
    }
    expect(names('Overview')).not.toContain('Resource Type');
    expect(names('Overview')).not.toContain('Reason');
  });

  it('shows markup as the text that it is', () => {
    const { container } = show({
      ...FULL,
      description: '<img src=x onerror=alert(1)>\u202E',
      metadata: { '<b>': '<script>' },
    });
    expect(container.querySelector('img, script, b')).toBeNull();
    expect(container.textContent).toContain('‹U+202E›');
    expect(container.textContent).not.toContain('\u202E');
  });

  it('filters by a value, and excludes it, as the API spells both', async () => {
    const onFilter = vi.fn<(filter: Filter) => void>();
    show(FULL, onFilter);
    await userEvent.click(part('Context').getByRole('button', { name: /IP address/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Exclude this value' }));
    expect(onFilter).toHaveBeenLastCalledWith({ field: 'context.ip', op: 'is_not', value: '192.0.2.7' });
    await userEvent.click(part('Technical Information').getByRole('button', { name: /Index/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Filter by this value' }));
    expect(onFilter).toHaveBeenLastCalledWith({ field: 'index', op: 'is', value: '7' });
  });

  it('offers all of a session, and all by an actor, as links where nobody filters', async () => {
    show(FULL);
    await userEvent.click(part('Context').getByRole('button', { name: /Session ID/ }));
    const session = await screen.findByRole('menuitem', { name: 'See all of this session' });
    expect(session.getAttribute('href')).toBe(
      '/o/org_1/events?range=all_time&filter=context.session_id:is:ses_1',
    );
    await userEvent.keyboard('{Escape}');
    await userEvent.click(part('Technical Information').getByRole('button', { name: /Actor ID/ }));
    const actor = await screen.findByRole('menuitem', { name: 'See all by this actor' });
    expect(actor.getAttribute('href')).toBe('/o/org_1/events?range=all_time&filter=actor.id:is:usr_1');
  });

  it('says of an attempt that nothing followed that it is open, and for how long', async () => {
    const attempt: Event = { ...PLAIN, phase: 'attempt', attempt_id: 'att_1' };
    others = [attempt];
    show(attempt);
    expect(await part('Attempt and Outcome').findByText(/^Still open for \d+/)).toBeTruthy();
  });

  it('shows the other half of an attempt beside it, with a link there', async () => {
    const attempt: Event = { ...PLAIN, phase: 'attempt', attempt_id: 'att_1' };
    others = [attempt, { ...PLAIN, id: 'the-outcome', attempt_id: 'att_1', reason: 'Nobody approved' }];
    show(attempt);
    const region = part('Attempt and Outcome');
    expect(await region.findByText('Nobody approved')).toBeTruthy();
    const link = region.getByRole('link', { name: 'Show the outcome' });
    expect(link.getAttribute('href')).toBe('/o/org_1/events/the-outcome');
    expect(region.queryByText(/Still open/)).toBeNull();
  });

  it('is the whole event as JSON, too', async () => {
    show(FULL);
    await userEvent.click(screen.getByRole('radio', { name: 'JSON' }));
    const json = screen.getByRole('group', { name: 'Event' });
    expect(JSON.parse(json.textContent)).toEqual(FULL);
  });
});
