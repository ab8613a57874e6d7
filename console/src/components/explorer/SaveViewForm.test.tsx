import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { OwnOrganization } from '../../api/session';
import { SaveViewForm } from './SaveViewForm';

const definition = { columns: ['action'], query: { result: ['denied'] } };
let sent: unknown[] = [];
let answer: Response;

const json = (body: unknown, status: number) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

beforeEach(() => {
  sent = [];
  answer = json({ id: 'view_1', name: 'Denied' }, 201);
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(await request.json());
    return answer;
  });
});
afterEach(() => vi.unstubAllGlobals());

function open(permissions: string[]) {
  const organization: OwnOrganization = {
    id: 'org_1',
    name: 'Quillmere AI',
    archived: false,
    permissions,
    projects: [],
  };
  const onSaved = vi.fn();
  const onClose = vi.fn();
  render(
    <SaveViewForm
      organization={organization}
      definition={definition}
      projectId={undefined}
      onSaved={onSaved}
      onClose={onClose}
    />,
  );
  return { user: userEvent.setup(), onSaved, onClose };
}
const name = () => screen.getByRole('textbox', { name: 'Name' });

test('a view is private unless somebody shares it', async () => {
  const { user, onSaved } = open(['views.share']);
  await user.type(name(), ' Denied {Enter}');
  await waitFor(() => expect(onSaved).toHaveBeenCalledOnce());
  expect(sent).toEqual([{ name: 'Denied', definition, shared: false }]);
});

test('it is shared with everybody whom the form names', async () => {
  const { user, onSaved } = open(['views.share']);
  await user.type(name(), 'Denied');
  await user.click(screen.getByRole('radio', { name: /Everybody who may read the log of Quillmere AI/ }));
  await user.click(screen.getByRole('button', { name: 'Save view' }));
  await waitFor(() => expect(onSaved).toHaveBeenCalledOnce());
  expect(sent).toEqual([{ name: 'Denied', definition, shared: true }]);
});

test('without the permission it cannot be shared', () => {
  open([]);
  expect(screen.getByRole('radio', { name: /Shared/ })).toHaveProperty('disabled', true);
});

test('without a name nothing is sent', async () => {
  const { user } = open([]);
  await user.click(screen.getByRole('button', { name: 'Save view' }));
  expect(screen.getByText('Give the view a name.')).toBeDefined();
  expect(sent).toEqual([]);
});

test('a refusal is told, and the form stays with what was typed', async () => {
  answer = json({ code: 'too_many_views', title: 'Too many', detail: 'You have 100 views.' }, 409);
  const { user, onSaved, onClose } = open([]);
  await user.type(name(), 'Denied{Enter}');
  expect(await screen.findByText('You have 100 views.')).toBeDefined();
  expect(name()).toHaveProperty('value', 'Denied');
  expect(onSaved).not.toHaveBeenCalled();
  expect(onClose).not.toHaveBeenCalled();
});
