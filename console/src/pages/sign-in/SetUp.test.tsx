import { QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../test/fake-server';
import { actIn } from '../../api/client';
import { queryClient } from '../../api/queries';
import { SetUp } from './SetUp';

const SET_UP = 'POST /v1/setup';
const WAITS = { 'GET /v1/setup': json({ needed: true }) };
const FOUNDED = {
  organization_id: 'org_1',
  owner: { id: 'usr_1', email: 'ada@acme.example' },
  keys: { ingest: 'evident_ingest_1', read: 'evident_read_1', admin: 'evident_admin_1' },
  log: { origin: 'evident.localhost/org_1', verifier_key: 'evident.localhost/org_1+1+A' },
};
const SESSION = {
  user: { id: 'usr_1', email: 'ada@acme.example', name: 'Ada Obi' },
  session: {},
  organizations: [],
};
const EVENT = {
  id: '0198',
  index: 3,
  action: 'guardrail.updated',
  name: 'Guardrail updated',
  description: 'Release agent updated guardrail <b>PII filter</b>',
  event_type: 'Policy Changes',
  badge: 'Guardrail Change',
  result: 'success',
};

afterEach(() => {
  queryClient.clear();
  actIn(undefined);
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});

function open(address: string) {
  window.history.replaceState(null, '', address);
  render(
    <QueryClientProvider client={queryClient}>
      <SetUp />
    </QueryClientProvider>,
  );
}

async function fillIn(password = 'correct horse battery') {
  await screen.findByLabelText('Organization');
  const fields = {
    Organization: 'Acme AI',
    'Your name': 'Ada Obi',
    'Your e-mail address': 'ada@acme.example',
    Password: password,
  };
  for (const [label, value] of Object.entries(fields)) {
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
  }
  fireEvent.click(screen.getByRole('button', { name: 'Set up this server' }));
}

describe('setting a server up', () => {
  it(
    'sends the token of the link, shows the keys, and shows the first event as it arrives',
    { timeout: 20_000 },
    async () => {
      let arrive: (text: string) => void = () => undefined;
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          arrive = (text) => controller.enqueue(new TextEncoder().encode(text));
        },
      });
      const server = fakeServer({
        ...WAITS,
        [SET_UP]: json(FOUNDED, 201),
        'POST /v1/auth/login': json(SESSION),
        'GET /v1/events/tail': () =>
          new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
      });
      open('/setup#evident_setup_1');
      await fillIn();
      await screen.findByRole('heading', { name: 'Keep these keys' });
      expect(server.sentTo(SET_UP)).toEqual([
        {
          token: 'evident_setup_1',
          organization: 'Acme AI',
          name: 'Ada Obi',
          email: 'ada@acme.example',
          password: 'correct horse battery',
        },
      ]);
      for (const text of [...Object.values(FOUNDED.keys), FOUNDED.log.verifier_key]) {
        expect(screen.getByText(text)).toBeTruthy();
      }
      const onwards = screen.getByRole('button', { name: 'Go on to the first event' });
      expect(onwards).toHaveProperty('disabled', true);
      fireEvent.click(screen.getByRole('checkbox'));
      fireEvent.click(onwards);

      await screen.findByText('Waiting for the first event');
      expect(screen.getByText(/curl -sS/).textContent).toContain('Bearer evident_ingest_1');
      act(() => arrive(`id: 3\ndata: ${JSON.stringify(EVENT)}\n\n`));
      await screen.findByText('It is here: Guardrail updated');
      expect(screen.getByText(EVENT.description)).toBeTruthy();
      expect(screen.getByRole('link', { name: 'Open it in the log' }).getAttribute('href')).toBe(
        '/o/org_1/events/0198',
      );
    },
  );

  it('sends nothing that the server would surely refuse', async () => {
    const server = fakeServer(WAITS);
    open('/setup#evident_setup_1');
    await fillIn('short');
    expect(await screen.findByText('7 more characters needed.')).toBeTruthy();
    expect(server.sentTo(SET_UP)).toEqual([]);
  });

  it('says at the password what the server has against it', async () => {
    fakeServer({
      ...WAITS,
      [SET_UP]: json(
        {
          title: 'x',
          status: 422,
          code: 'unacceptable_password',
          detail: 'the password is easy to guess: no',
        },
        422,
      ),
    });
    open('/setup#evident_setup_1');
    await fillIn();
    expect(await screen.findByText('The password is easy to guess: no')).toBeTruthy();
  });

  it.each([
    ['link_refused', 403, 'This link does not work'],
    ['already_set_up', 409, 'This server is set up already'],
  ])('says so when the answer is %s', async (code, status, title) => {
    fakeServer({ ...WAITS, [SET_UP]: problem(status, code) });
    open('/setup#evident_setup_1');
    await fillIn();
    expect(await screen.findByRole('heading', { name: title })).toBeTruthy();
  });

  it('points to the printed link when the page was opened without it', async () => {
    fakeServer(WAITS);
    open('/setup');
    expect(await screen.findByRole('heading', { name: 'This server is not set up yet' })).toBeTruthy();
    expect(screen.queryByLabelText('Password')).toBeNull();
  });

  it('asks for nothing on a server that has been set up', async () => {
    fakeServer({ 'GET /v1/setup': json({ needed: false }) });
    open('/setup#evident_setup_1');
    await waitFor(() => screen.getByRole('heading', { name: 'This server is set up already' }));
    expect(screen.queryByLabelText('Password')).toBeNull();
  });
});
