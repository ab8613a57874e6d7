import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import { json, problem } from '../../../../test/fake-server';
import { organizationWith, showSettings } from '../../../../test/settings-page';
import type { RuleSubject } from './rule-draft';
import { RuleDialog } from './RuleDialog';

const FOREVER = { keep: 'forever', days: null } as const;
const organization: RuleSubject = {
  projectId: undefined,
  name: 'Quillmere AI',
  rule: { keep: 'inherited', days: null },
  inForce: FOREVER,
  inherited: FOREVER,
  from: 'the server’s default',
};

function told(events: number) {
  const [from, to] = events === 0 ? [null, null] : ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
  const first = events === 0 ? null : 0;
  return {
    events,
    bytes: events * 1024,
    first_index: first,
    last_index: first,
    received_from: from,
    received_to: to,
  };
}

const previewOf = (events: number, projects: object[] = []) =>
  json({
    in_force: { keep: 'days', days: 30 },
    cutoff: null,
    total: told(events),
    projects,
    further_projects: 0,
  });

async function open(preview: Response, subject = organization) {
  const onSaved = vi.fn(() => Promise.resolve());
  const server = await showSettings(
    () => <RuleDialog subject={subject} onClose={() => undefined} onSaved={onSaved} />,
    organizationWith(['settings.read', 'retention.manage']),
    {
      'POST /v1/retention/preview': preview,
      'PUT /v1/retention': json({}),
      'PUT /v1/retention/projects/support-bot': json({}),
    },
  );
  const asked = () => server.asked.filter(({ path }) => path.startsWith('/v1/retention'));
  const user = userEvent.setup();
  const choose = async (days: string) => {
    await user.click(screen.getByRole('radio', { name: /For some days/ }));
    await user.type(screen.getByRole('textbox', { name: 'Days' }), days);
    await user.click(screen.getByRole('button', { name: 'See what would go' }));
  };
  const puts = () => server.asked.filter(({ method }) => method === 'PUT');
  const set = () => screen.getByRole('button', { name: 'Set the rule' });
  return { user, asked, onSaved, choose, puts, set };
}

/** A page with dialogs takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

afterEach(() => vi.unstubAllGlobals());

test('where events would go, the rule is set only after the name was typed', async () => {
  const { user, asked, onSaved, choose, puts, set } = await open(previewOf(1200));
  await choose('30');
  expect(await screen.findByText(/1,200 events would go/)).toBeDefined();
  expect(asked()[0]?.body).toEqual({ rule: { keep: 'days', days: 30 } });
  expect(set().hasAttribute('disabled')).toBe(true);
  await user.type(screen.getByLabelText('Type “Quillmere AI” to go on'), 'Quillmere AI');
  await user.click(set());
  await waitFor(() => expect(onSaved).toHaveBeenCalledOnce());
  expect(puts().map(({ body }) => body)).toEqual([{ keep: 'days', days: 30 }]);
});

test('where nothing would go, it is set without typing, and never before the dry run', async () => {
  const { user, asked, onSaved, choose, set } = await open(previewOf(0));
  await choose('365');
  expect(await screen.findByText('Nothing would go now')).toBeDefined();
  await user.click(set());
  await waitFor(() => expect(onSaved).toHaveBeenCalledOnce());
  expect(asked().map(({ method }) => method)).toEqual(['POST', 'PUT']);
});

test('where the dry run fails, nobody sets a shorter rule without typing the name', async () => {
  const { choose, puts, set } = await open(problem(503, 'preview_too_slow'));
  await choose('30');
  expect(await screen.findByText('What would go could not be found out')).toBeDefined();
  expect(set().hasAttribute('disabled')).toBe(true);
  expect(puts()).toEqual([]);
});

test('for a project it counts what would go of that project', async () => {
  const project = {
    project_id: 'support-bot',
    name: 'Support bot',
    in_force: FOREVER,
    cutoff: null,
    ...told(0),
  };
  const { user, asked, choose, puts, set } = await open(previewOf(500, [project]), {
    ...organization,
    projectId: 'support-bot',
    name: 'Support bot',
  });
  await choose('30');
  await screen.findByText(/500 events would go/);
  expect(asked()[0]?.body).toEqual({ projects: [{ project_id: 'support-bot', keep: 'days', days: 30 }] });
  await user.click(set());
  await waitFor(() => expect(puts()).toHaveLength(1));
  expect(puts()[0]?.path).toContain('/v1/retention/projects/support-bot');
});

test('days that are no number are told, and nothing is asked', async () => {
  const { asked, choose } = await open(previewOf(0));
  await choose('0');
  expect(await screen.findByText(/Write a whole number from 1/)).toBeDefined();
  expect(asked()).toEqual([]);
});
