import { QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../test/fake-server';
import { ssoAddress } from '../../api/account';
import { queryClient } from '../../api/queries';
import { sessionQuery } from '../../api/session';
import { SignInForm } from './SignInForm';

const LOGIN = 'POST /v1/auth/login';
const SESSION = { user: { id: 'usr_1', email: 'ada@acme.example' }, session: {}, organizations: [] };

afterEach(() => {
  queryClient.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <SignInForm returnTo="/profile" />
    </QueryClientProvider>,
  );
}

const field = (label: string) => screen.getByLabelText(label);
const fill = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });
const submit = () => fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));

describe('the sign-in', () => {
  it('is filled in by password managers', () => {
    fakeServer({});
    show();
    expect(field('E-mail address').getAttribute('autocomplete')).toBe('username');
    expect(field('Password').getAttribute('autocomplete')).toBe('current-password');
    expect(field('Password').getAttribute('type')).toBe('password');
  });

  it('sends the address and the password, and the page knows who it is', async () => {
    const server = fakeServer({ [LOGIN]: json(SESSION) });
    queryClient.setQueryData(['organization', 'org_2', 'members'], ['somebody else’s']);
    show();
    fill('E-mail address', ' ada@acme.example ');
    fill('Password', ' with spaces ');
    submit();
    await waitFor(() => expect(queryClient.getQueryData(sessionQuery.queryKey)).toEqual(SESSION));
    expect(server.sentTo(LOGIN)).toEqual([{ email: 'ada@acme.example', password: ' with spaces ' }]);
    expect(queryClient.getQueryData(['organization', 'org_2', 'members'])).toBeUndefined();
  });

  it('sends nothing before both are there', () => {
    const server = fakeServer({});
    show();
    fill('E-mail address', 'ada@acme.example');
    submit();
    expect(screen.getByText('Enter your password')).toBeTruthy();
    expect(server.sentTo(LOGIN)).toEqual([]);
  });

  it('asks for a code only once the server wants one, and sends it beside the rest', async () => {
    const server = fakeServer({ [LOGIN]: problem(401, 'second_factor_needed') });
    show();
    fill('E-mail address', 'ada@acme.example');
    fill('Password', 'correct horse battery');
    expect(screen.queryByLabelText('Code')).toBeNull();
    submit();
    await screen.findByLabelText('Code');
    expect(field('Code').getAttribute('autocomplete')).toBe('one-time-code');
    server.answer(LOGIN, json(SESSION));
    fill('Code', '123456');
    submit();
    await waitFor(() => expect(server.sentTo(LOGIN)).toHaveLength(2));
    expect(server.sentTo(LOGIN)[1]).toEqual({
      email: 'ada@acme.example',
      password: 'correct horse battery',
      code: '123456',
    });
  });

  it('says that the code is wrong, not the password, once the password was right', async () => {
    const server = fakeServer({ [LOGIN]: problem(401, 'second_factor_needed') });
    show();
    fill('E-mail address', 'ada@acme.example');
    fill('Password', 'correct horse battery');
    submit();
    await screen.findByLabelText('Code');
    server.answer(LOGIN, problem(401, 'sign_in_refused'));
    fill('Code', '123456');
    submit();
    expect((await screen.findByRole('alert')).textContent).toContain('The code is not right');
    expect(field('Code')).toHaveProperty('value', '');
  });

  it('waits as long as the server says, and not a second less', async () => {
    vi.useFakeTimers();
    const server = fakeServer({ [LOGIN]: problem(429, 'too_many_sign_ins', { 'retry-after': '62' }) });
    show();
    fill('E-mail address', 'ada@acme.example');
    fill('Password', 'nope');
    submit();
    await act(() => vi.advanceTimersByTimeAsync(100));
    const button = screen.getByRole('button', { name: /Try again in 1 min/ });
    fireEvent.submit(screen.getByRole('form'));
    expect(server.sentTo(LOGIN)).toHaveLength(1);
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(button).toHaveProperty('disabled', true);
    await act(() => vi.advanceTimersByTimeAsync(3_000));
    expect(screen.getByRole('button', { name: 'Sign in' })).toHaveProperty('disabled', false);
  });

  it('offers the own sign-in of the organizations of an address, as a text', async () => {
    fakeServer({
      'GET /v1/auth/oidc/providers': json({
        data: [{ organization_id: 'org_1', organization_name: '<b>Acme</b>' }],
      }),
    });
    show();
    fill('E-mail address', 'ada@acme.example');
    expect(await screen.findByRole('button', { name: 'Sign in with <b>Acme</b>' })).toBeTruthy();
    expect(ssoAddress('org_1', '/o/x?a=1&b=2')).toBe(
      '/v1/auth/oidc/start?organization_id=org_1&return_to=%2Fo%2Fx%3Fa%3D1%26b%3D2',
    );
  });

  it('says so when the server cannot be reached', async () => {
    fakeServer({ [LOGIN]: () => Promise.reject(new TypeError('fetch failed')) });
    show();
    fill('E-mail address', 'ada@acme.example');
    fill('Password', 'nope');
    submit();
    expect((await screen.findByRole('alert')).textContent).toContain('The network or the server is away');
  });
});
