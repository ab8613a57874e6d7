import { QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../test/fake-server';
import { queryClient } from '../../api/queries';
import { SecondFactorCard } from './SecondFactorCard';

const SECRET = 'ODJXOT77NQWYVNQP';
const BEGIN = 'POST /v1/auth/totp';
const CONFIRM = 'POST /v1/auth/totp/confirm';

afterEach(() => {
  queryClient.clear();
  vi.unstubAllGlobals();
});

function show(isOn: boolean, recoveryCodes = 0) {
  render(
    <QueryClientProvider client={queryClient}>
      <SecondFactorCard email="ada@acme.example" isOn={isOn} recoveryCodes={recoveryCodes} />
    </QueryClientProvider>,
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const fill = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

describe('the second factor', () => {
  it(
    'is begun by the password, confirmed by a code, and its recovery codes cannot be passed over',
    { timeout: 20_000 },
    async () => {
      const server = fakeServer({
        [BEGIN]: json({ secret: SECRET, uri: `otpauth://totp/Evident:ada?secret=${SECRET}` }),
        [CONFIRM]: json({ recovery_codes: ['aaaa-bbbb', 'cccc-dddd'] }),
      });
      show(false);
      press('Set it up');
      fill('Password', 'correct horse battery');
      press('Go on');
      expect(await screen.findByText('ODJX OT77 NQWY VNQP')).toBeTruthy();
      expect(screen.getByRole('img', { name: /QR code/ })).toBeTruthy();
      expect(server.sentTo(BEGIN)).toEqual([{ password: 'correct horse battery' }]);

      fill('The code that the app shows now', ' 123456 ');
      press('Take it into use');
      expect(await screen.findByText('aaaa-bbbb')).toBeTruthy();
      expect(server.sentTo(CONFIRM)).toEqual([{ code: '123456' }]);
      fireEvent.keyDown(screen.getByRole('dialog'), { key: 'Escape' });
      expect(screen.getByText('cccc-dddd')).toBeTruthy();
      expect(screen.getByRole('button', { name: 'Done' })).toHaveProperty('disabled', true);
      fireEvent.click(screen.getByRole('checkbox'));
      press('Done');
      await waitFor(() => expect(screen.queryByText('aaaa-bbbb')).toBeNull());
    },
  );

  it('shows no secret where the password is another', async () => {
    fakeServer({ [BEGIN]: problem(403, 'wrong_password') });
    show(false);
    press('Set it up');
    fill('Password', 'nope');
    press('Go on');
    expect(await screen.findByText('This is not your password')).toBeTruthy();
    expect(screen.queryByRole('img', { name: /QR code/ })).toBeNull();
  });

  it('says which of the two was wrong when it is to be turned off', async () => {
    const server = fakeServer({ 'DELETE /v1/auth/totp': problem(403, 'wrong_code') });
    show(true, 9);
    press('Turn it off');
    fill('Password', 'correct horse battery');
    fill('Code', '123456');
    fireEvent.submit(screen.getByRole('form', { name: 'Turn it off' }));
    expect(await screen.findByText(/The code is not right/)).toBeTruthy();
    expect(screen.queryByText('This is not your password')).toBeNull();
    expect(server.sentTo('DELETE /v1/auth/totp')).toEqual([
      { password: 'correct horse battery', code: '123456' },
    ]);
  });

  it('warns before the last recovery codes are used', () => {
    fakeServer({});
    show(true, 3);
    expect(screen.getByText(/Make new recovery codes before there are none/)).toBeTruthy();
  });
});
