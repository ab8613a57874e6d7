import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../test/fake-server';
import { queryClient } from '../../api/queries';
import { type SavedView, viewsQuery } from '../../api/views';
import { EMPTY_QUERY, type QueryState } from '../../lib/query/state';
import { Toasts } from '../../ui/Toasts';
import { type LookOptions, ORGANIZATION, renderWithLook } from '../query/look-for-tests';
import { SaveView } from './SaveView';
import { lookOf } from './saved';

/** The dialogs take a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

const SHARER = { ...ORGANIZATION, permissions: ['events.read', 'views.share'] };

function viewOf(other: Partial<SavedView> = {}): SavedView {
  return {
    id: 'view_1',
    name: 'Denied',
    built_in: false,
    own: true,
    shared: false,
    owner_id: 'usr_me',
    default_pattern: null,
    created_at: null,
    updated_at: null,
    definition: {
      columns: ['action'],
      query: { result: ['denied'] },
      range: 'last_7_days',
      tz: null,
      sort: 'desc',
    },
    ...other,
  };
}

const view = viewOf();
const dashboard = viewOf({
  id: 'view_dashboard',
  name: 'Dashboard',
  built_in: true,
  own: false,
  owner_id: null,
  definition: { ...view.definition, query: {} },
});
const UNACCEPTABLE = { code: 'unacceptable', title: 'Not acceptable', status: 422, detail: '' };
const key = viewsQuery(ORGANIZATION.id).queryKey;

let server: ReturnType<typeof fakeServer>;

beforeEach(() => {
  server = fakeServer({ 'GET /v1/views': json({ data: [dashboard, view] }) });
  queryClient.setQueryData(key, [dashboard, view]);
});
afterEach(() => {
  vi.unstubAllGlobals();
  queryClient.clear();
});

function show(of: SavedView, more: Partial<QueryState> = {}, options: LookOptions = {}) {
  const log = renderWithLook(
    <>
      <SaveView />
      <Toasts />
    </>,
    {
      state: { ...lookOf(of), ...more },
      view: of,
      views: [dashboard, view],
      columns: of.definition.columns,
      client: queryClient,
      ...options,
    },
  );
  return { log, user: userEvent.setup() };
}

async function openMenu(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByRole('button', { name: /^(Views|Save view)$/ }));
  return (await screen.findAllByRole('menuitem')).map(({ textContent }) => textContent);
}

async function choose(user: ReturnType<typeof userEvent.setup>, name: RegExp) {
  await openMenu(user);
  await user.click(screen.getByRole('menuitem', { name }));
}

/** What was said at the edge of the window. It is gone for the tests after this one. */
async function said(text: RegExp) {
  const toasts = within(screen.getByRole('status', { hidden: true }));
  const found = await toasts.findByText(text);
  fireEvent.click(toasts.getByRole('button', { name: 'Dismiss', hidden: true }));
  return found.textContent;
}

describe('what is offered', () => {
  it('is a quiet button while the look is as saved', async () => {
    const { user } = show(view);
    expect(screen.queryByRole('button', { name: 'Save view' })).toBeNull();
    expect(await openMenu(user)).toEqual(['Save as a new view…', 'Manage views…']);
  });

  it('is to update one’s own view, or to go back to it, once the look has gone on', async () => {
    const { user } = show(view, { q: 'role' });
    expect(screen.getByRole('button', { name: 'Save view' })).toBeDefined();
    expect(await openMenu(user)).toEqual([
      'Update “Denied”',
      'Save as a new view…',
      'Back to “Denied”',
      'Manage views…',
    ]);
  });

  it('is never to update a view that everybody has', async () => {
    const { user } = show(dashboard, { q: 'role' }, { organization: SHARER });
    expect(await openMenu(user)).toEqual(['Save as…', 'Back to “Dashboard”', 'Manage views…']);
  });

  it('says whom an update reaches, and takes the right to share for somebody else’s', async () => {
    const others = viewOf({ own: false, shared: true });
    const { user } = show(others, { q: 'role' }, { organization: SHARER });
    expect((await openMenu(user))[0]).toBe('Update “Denied”For everybody whom it is shared with');
  });

  it('is no update of somebody else’s view without that right', async () => {
    const { user } = show(viewOf({ own: false, shared: true }), { q: 'role' });
    expect((await openMenu(user))[0]).toBe('Save as…');
  });

  it('is nothing in an archived organization', () => {
    show(view, { q: 'role' }, { organization: { ...SHARER, archived: true } });
    expect(screen.queryByRole('button')).toBeNull();
  });
});

describe('what is done', () => {
  const PATCH = 'PATCH /v1/views/view_1';

  it('updates the view with the look, which is as saved then', async () => {
    const saved = viewOf({ definition: { ...view.definition, query: { result: ['denied'], q: ['role'] } } });
    server.answer(PATCH, json(saved));
    const { log, user } = show(view, { q: 'role', live: true });
    await choose(user, /^Update/);
    expect(await said(/is updated/)).toBe('“Denied” is updated');
    expect(server.sentTo(PATCH)).toEqual([
      {
        definition: {
          columns: ['action'],
          query: { q: ['role'], result: ['denied'] },
          range: 'last_7_days',
          tz: null,
          sort: 'desc',
        },
      },
    ]);
    expect(log.changes.map(({ replace }) => replace)).toEqual([true]);
    expect(log.state()).toEqual({ ...lookOf(saved), live: true });
  });

  it('says why a view was not updated, and leaves the look as it is', async () => {
    server.answer(PATCH, json({ code: 'forbidden', title: 'Forbidden', detail: 'not yours any more' }, 403));
    const { log, user } = show(view, { q: 'role' });
    await choose(user, /^Update/);
    expect(await said(/was not updated/)).toMatch(/^“Denied” was not updated\. .*not yours any more/i);
    expect(log.changes).toEqual([]);
    expect(queryClient.getQueryData(key)).toEqual([dashboard, view]);
  });

  it('goes back to the view as it was saved', async () => {
    const { log, user } = show(view, { q: 'role' });
    await choose(user, /^Back to/);
    expect(log.state()).toEqual(lookOf(view));
    expect(log.changes.map(({ replace }) => replace)).toEqual([false]);
  });

  it('saves a new view, finds it among the others at once, and goes on from it', async () => {
    const made = viewOf({
      id: 'view_2',
      name: 'Roles',
      definition: { ...view.definition, query: { q: ['role'] } },
    });
    server.answer('POST /v1/views', json(made, 201));
    // The list is slow to be asked again: what is new is in it before.
    server.answer('GET /v1/views', () => new Promise(() => undefined));
    const { log, user } = show(dashboard, { q: 'role' });
    await choose(user, /^Save as/);
    const dialog = await screen.findByRole('dialog', { name: 'Save view' });
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'Roles{Enter}');
    await said(/“Roles” is saved/);
    expect(server.sentTo('POST /v1/views')).toEqual([
      {
        name: 'Roles',
        shared: false,
        definition: expect.objectContaining({ query: { q: ['role'] } }) as unknown,
      },
    ]);
    expect(log.state().view).toBe('view_2');
    expect(queryClient.getQueryData(key)).toEqual([dashboard, view, made]);
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });

  it('says in the form why a view was not saved, and goes nowhere', async () => {
    server.answer('POST /v1/views', problem(409, 'too_many_views'));
    const { log, user } = show(dashboard, { q: 'role' });
    await choose(user, /^Save as/);
    const dialog = await screen.findByRole('dialog', { name: 'Save view' });
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'Roles{Enter}');
    expect(await within(dialog).findByText('The view was not saved')).toBeDefined();
    expect(log.changes).toEqual([]);
  });
});

describe('the views that one may change', () => {
  const PATH = '/v1/views/view_1';

  async function manage(of: SavedView, options: LookOptions = {}) {
    queryClient.setQueryData(key, [dashboard, of]);
    server.answer('GET /v1/views', json({ data: [dashboard, of] }));
    const { log, user } = show(of, {}, options);
    await choose(user, /^Manage/);
    const dialog = await screen.findByRole('dialog', { name: 'Manage views' });
    return { log, user, dialog: within(dialog) };
  }

  it('are those that are saved: nobody touches the others', async () => {
    const { dialog } = await manage(view);
    expect(dialog.getAllByRole('listitem')).toHaveLength(1);
    expect(dialog.getByText('Only you')).toBeDefined();
    // Without the right to share, the view stays one's own.
    expect(dialog.getByRole('button', { name: 'Share Denied' })).toHaveProperty('disabled', true);
  });

  it('are not somebody else’s, unless one may share', async () => {
    const { dialog } = await manage(viewOf({ own: false, shared: true }));
    expect(dialog.getByText(/^Shared with you/)).toBeDefined();
    expect(dialog.queryByRole('button', { name: /Rename|Delete|Stop sharing/ })).toBeNull();
  });

  it('are renamed, and a name that is refused is told at its field', async () => {
    const { user, dialog } = await manage(view);
    await user.click(dialog.getByRole('button', { name: 'Rename Denied' }));
    const name = dialog.getByRole('textbox', { name: 'Name of the view' });
    await user.clear(name);
    expect(dialog.getByText('Give the view a name.')).toBeDefined();
    await user.type(name, ' Refused ');
    const entry = { pointer: '/name', code: 'bad', reason: 'such a name is taken' };
    server.answer(`PATCH ${PATH}`, json({ ...UNACCEPTABLE, errors: [entry] }, 422));
    await user.click(dialog.getByRole('button', { name: 'Rename' }));
    expect(await dialog.findByText('Such a name is taken')).toBeDefined();
    server.answer(`PATCH ${PATH}`, json(viewOf({ name: 'Refused' })));
    server.answer('GET /v1/views', json({ data: [dashboard, viewOf({ name: 'Refused' })] }));
    await user.click(dialog.getByRole('button', { name: 'Rename' }));
    expect(await dialog.findByRole('button', { name: 'Rename Refused' })).toBeDefined();
    expect(server.sentTo(`PATCH ${PATH}`)).toEqual([{ name: 'Refused' }, { name: 'Refused' }]);
  });

  it.each([
    ['Share', false, true, /finds it among the views then/],
    ['Stop sharing', true, false, /It stays yours/],
  ])('are asked about before they change hands: %s', async (act, before, after, told) => {
    const { user, dialog } = await manage(viewOf({ shared: before }), { organization: SHARER });
    await user.click(dialog.getByRole('button', { name: `${act} Denied` }));
    const asked = within(await screen.findByRole('dialog', { name: `${act} “Denied”?` }));
    expect(asked.getByText(told)).toBeDefined();
    const button = asked.getByRole('button', { name: act === 'Share' ? 'Share the view' : act });
    server.answer(`PATCH ${PATH}`, problem(409, 'too_many_shared_views'));
    await user.click(button);
    expect(await asked.findByRole('alert')).toBeDefined();
    server.answer(`PATCH ${PATH}`, json(viewOf({ shared: after })));
    await user.click(button);
    await said(/“Denied” is (shared|no longer shared)$/);
    expect(server.sentTo(`PATCH ${PATH}`)).toEqual([{ shared: after }, { shared: after }]);
  });

  it('are deleted, and the address that named one goes on as the first view', async () => {
    const { log, user, dialog } = await manage(view);
    await user.click(dialog.getByRole('button', { name: 'Delete Denied' }));
    const asked = within(await screen.findByRole('dialog', { name: 'Delete “Denied”?' }));
    server.answer(`DELETE ${PATH}`, problem(403, 'forbidden'));
    await user.click(asked.getByRole('button', { name: 'Delete the view' }));
    expect(await asked.findByRole('alert')).toBeDefined();
    expect(log.changes).toEqual([]);
    server.answer(`DELETE ${PATH}`, new Response(null, { status: 204 }));
    await user.click(asked.getByRole('button', { name: 'Delete the view' }));
    await said(/“Denied” is deleted/);
    expect(log.state()).toEqual({ ...EMPTY_QUERY, ...lookOf(dashboard) });
    expect(log.changes.map(({ replace }) => replace)).toEqual([true]);
  });
});
