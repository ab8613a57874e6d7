import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeServer } from '../../../test/fake-server';
import { Reset } from './Reset';

const CHOSEN = 'POST /v1/auth/reset';

afterEach(() => {
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});

function open(token: string) {
  const server = fakeServer({ [CHOSEN]: new Response(null, { status: 204 }) });
  window.history.replaceState(null, '', `/reset#${token}`);
  const router = createRouter({
    routeTree: createRootRoute({ component: Reset }),
    history: createMemoryHistory({ initialEntries: ['/'] }),
  });
  render(<RouterProvider router={router as never} />);
  return server;
}

async function choose() {
  fireEvent.change(await screen.findByLabelText('New password', { selector: 'input' }), {
    target: { value: 'tangerine lamp orbit' },
  });
  fireEvent.click(screen.getByRole('button', { name: 'Change the password' }));
  await screen.findByText('Your password is changed');
}

describe('a link for a new password', () => {
  it('leaves the second factor as it is, and says so', { timeout: 20_000 }, async () => {
    const server = open('evident_reset_1');
    expect(await screen.findByText('All your sessions end when you do.')).toBeTruthy();
    await choose();
    expect(screen.getByText(/a second factor is what it was/)).toBeTruthy();
    expect(server.sentTo(CHOSEN)).toEqual([
      { token: 'evident_reset_1', new_password: 'tangerine lamp orbit' },
    ]);
  });

  it('says before and after that it ends the second factor, if it does', { timeout: 20_000 }, async () => {
    open('evident_fullreset_1');
    expect(await screen.findByText(/so do your second factor and its recovery codes/)).toBeTruthy();
    await choose();
    expect(screen.getByText(/your second factor has ended/)).toBeTruthy();
  });
});
