import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { PRESETS, presetLabel } from '../../lib/time/presets';
// It is loaded when it is first opened; here it is there before, so that no test waits for that.
import './TimePanel';
import { answerCompletions, renderWithLook } from './look-for-tests';
import { TimeRange } from './TimeRange';

// Whole windows are drawn and typed in without a browser's help, which takes its time.
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  vi.unstubAllGlobals();
  answerCompletions({});
});

const open = async (user: ReturnType<typeof userEvent.setup>) => {
  await user.click(screen.getByRole('button', { name: /^Time range/ }));
  return await screen.findByRole('form', { name: 'Time range' });
};
const march = { from: '2026-03-03', to: '2026-03-18' };
const dayButton = (form: HTMLElement, name: RegExp) => within(form).getByRole('button', { name });

describe('the time range', () => {
  it('shows the range and its zone on the button, and offers every preset', async () => {
    const user = userEvent.setup();
    renderWithLook(<TimeRange />);
    expect(screen.getByRole('button', { name: /Last 30 Days UTC/ })).toBeTruthy();
    const form = await open(user);
    const names = within(form)
      .getAllByRole('option')
      .map(({ textContent }) => textContent);
    expect(names).toEqual(PRESETS.map(presetLabel));
    expect(within(form).getByRole('option', { selected: true }).textContent).toBe('Last 30 Days');
  });

  it('changes nothing before Apply', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<TimeRange />);
    const form = await open(user);
    await user.click(within(form).getByRole('option', { name: 'Last Year' }));
    expect(look.changes).toEqual([]);
    await user.click(within(form).getByRole('button', { name: 'Apply' }));
    expect(look.state().range).toBe('last_year');
    await waitFor(() => expect(screen.queryByRole('form')).toBeNull());
  });

  it('takes a clicked day for the start, and the next for the end, highlights and writes both', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<TimeRange />, { state: { range: march } });
    const form = await open(user);
    await user.click(dayButton(form, /, 5 March 2026/));
    await user.click(dayButton(form, /, 9 March 2026/));
    const chosen = within(form).getAllByRole('gridcell', { selected: true });
    expect(chosen.map(({ textContent }) => textContent)).toEqual(['5', '6', '7', '8', '9']);
    expect(within(form).getByText('5–9 Mar 2026')).toBeTruthy();
    await user.click(within(form).getByRole('button', { name: 'Apply' }));
    expect(look.state().range).toEqual({ from: '2026-03-05', to: '2026-03-10' });
  });

  it('is a grid by keyboard: days, weeks, months, years, and Enter chooses', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<TimeRange />, { state: { range: march } });
    const form = await open(user);
    dayButton(form, /, 17 March 2026, end/).focus();
    await user.keyboard('{ArrowRight}{ArrowDown}');
    expect(document.activeElement?.getAttribute('aria-label')).toContain('25 March 2026');
    await user.keyboard('{PageDown}');
    expect(document.activeElement?.getAttribute('aria-label')).toContain('25 April 2026');
    await user.keyboard('{Shift>}{PageUp}{/Shift}');
    expect(document.activeElement?.getAttribute('aria-label')).toContain('25 April 2025');
    await user.keyboard('{Enter}{ArrowRight}{Enter}');
    await user.click(within(form).getByRole('button', { name: 'Apply' }));
    expect(look.state().range).toEqual({ from: '2025-04-25', to: '2025-04-27' });
  });

  it('turns months with its arrows, and has one day that Tab goes to', async () => {
    const user = userEvent.setup();
    renderWithLook(<TimeRange />, { state: { range: march } });
    const form = await open(user);
    await user.click(within(form).getByRole('button', { name: 'Next month' }));
    const days = within(within(form).getByRole('grid')).getAllByRole('button');
    const reached = days.filter(({ tabIndex }) => tabIndex === 0);
    expect(reached.map((one) => one.getAttribute('aria-label'))).toEqual([
      expect.stringContaining('April 2026'),
    ]);
  });

  it('leaves to the view what the view says anyway', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<TimeRange />, { state: { range: 'today' } });
    const form = await open(user);
    await user.click(within(form).getByRole('option', { name: 'Last 30 Days' }));
    await user.click(within(form).getByRole('button', { name: 'Apply' }));
    expect(look.state().range).toBeUndefined();
  });
});
