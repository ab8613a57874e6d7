import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import type { SsoSettings } from '../../../api/sso';
import { json } from '../../../../test/fake-server';
import { organizationWith, showSettings } from '../../../../test/settings-page';
import { SsoForm } from './SsoForm';

const settings: SsoSettings = {
  issuer: 'https://login.acme.example',
  client_id: 'evident',
  has_client_secret: true,
  domains: ['acme.example'],
  groups_claim: 'groups',
  scopes: ['email', 'profile'],
  group_roles: [{ group: 'auditors', role: 'auditor' }],
  require_group: false,
  enabled: true,
  redirect_url: 'https://audit.acme.example/v1/auth/oidc/callback',
  updated_at: '2026-01-01T00:00:00Z',
};

async function open(answers: Parameters<typeof showSettings>[2]) {
  const server = await showSettings(
    () => <SsoForm settings={settings} canChange />,
    organizationWith(['settings.read', 'sso.manage']),
    { 'GET /v1/roles': json({ data: [] }), 'GET /v1/permissions': json({ data: [] }), ...answers },
  );
  return { user: userEvent.setup(), puts: () => server.asked.filter(({ method }) => method === 'PUT') };
}

const save = () => screen.getByRole('button', { name: 'Save the provider' });

/** A page with dialogs takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

afterEach(() => vi.unstubAllGlobals());

test('a secret that is kept is not sent, and the rest is sent as it was', async () => {
  const { user, puts } = await open({ 'PUT /v1/sso': () => json(settings) });
  await user.type(screen.getByLabelText('E-mail domains that are let in'), '{Enter}b.example');
  await user.click(save());
  await waitFor(() => expect(puts()).toHaveLength(1));
  expect(puts()[0]?.search).toContain('check=true');
  expect(puts()[0]?.body).toEqual({
    issuer: 'https://login.acme.example',
    client_id: 'evident',
    domains: ['acme.example', 'b.example'],
    groups_claim: 'groups',
    scopes: ['email', 'profile'],
    group_roles: [{ group: 'auditors', role: 'auditor' }],
    require_group: false,
    enabled: true,
  });
});

test('another client needs its own secret, and people are told that they will be signed out', async () => {
  const { user, puts } = await open({ 'PUT /v1/sso': () => json(settings) });
  await user.type(screen.getByLabelText('Client id'), '-2');
  await user.click(save());
  expect(await screen.findByText(/Write the secret/)).toBeDefined();
  await user.type(screen.getByLabelText('The secret'), 's3cret');
  await user.click(save());
  expect(await screen.findByText(/signed out, and signs in again/)).toBeDefined();
  expect(puts()).toEqual([]);
});

test('what only the check found wrong is saved without it, once the person says so', async () => {
  let asked = 0;
  const { user, puts } = await open({
    'PUT /v1/sso': () => {
      asked += 1;
      return asked === 1
        ? json(
            {
              title: 'Unprocessable',
              code: 'provider_check_failed',
              status: 422,
              detail: 'it cannot be reached (?check=false skips this check)',
            },
            422,
          )
        : json(settings);
    },
  });
  await user.click(save());
  expect(await screen.findByText('It cannot be reached')).toBeDefined();
  expect(puts()).toHaveLength(1);
  await user.click(screen.getByRole('button', { name: 'Save it without checking' }));
  await waitFor(() => expect(puts()).toHaveLength(2));
  expect(puts()[1]?.search).toContain('check=false');
});
