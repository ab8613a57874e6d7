import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FilterButton } from './FilterButton';
import { FilterChips } from './FilterChips';
// It is loaded when it is first opened; here it is there before, so that no test waits for that.
import './FilterWindow';
import { answerCompletions, renderWithLook } from './look-for-tests';

// Whole windows are drawn and typed in without a browser's help, which takes its time.
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  vi.unstubAllGlobals();
  answerCompletions({
    '': [{ value: 'metadata.model_id', count: 3 }],
    event: [
      { value: 'Role created', count: 90 },
      { value: 'Role deleted', count: 12 },
    ],
  });
});

const open = async (user: ReturnType<typeof userEvent.setup>) => {
  await user.click(screen.getByRole('button', { name: /^Filter/ }));
  return await screen.findByRole('form', { name: 'Filter By' });
};

describe('the filter window', () => {
  it('finds entries by an event once its filter is applied, and not before', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<FilterButton />);
    const dialog = await open(user);
    await user.click(within(dialog).getByRole('button', { name: 'Add Filter' }));
    await user.type(within(dialog).getByPlaceholderText('Select Column'), 'Event');
    await user.tab();
    await user.type(within(dialog).getByPlaceholderText('Enter Value'), 'role c');
    await user.click(await screen.findByRole('option', { name: /Role created/ }));
    expect(look.changes).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Apply' }));
    expect(look.state().filters).toEqual([{ field: 'event', op: 'is', value: 'Role created' }]);
    await waitFor(() => expect(screen.queryByRole('form', { name: 'Filter By' })).toBeNull());
    expect(screen.getByRole('button', { name: 'Filter (1)' })).toBeTruthy();
  });

  it('offers the columns of people first, and keys of metadata, with the two operators', async () => {
    const user = userEvent.setup();
    renderWithLook(<FilterButton />);
    const dialog = await open(user);
    await user.click(within(dialog).getByRole('button', { name: 'Add Filter' }));
    await screen.findByRole('option', { name: /metadata.model_id/ });
    const columns = screen.getAllByRole('option').map(({ textContent }) => textContent);
    expect(columns.slice(0, 3)).toEqual(['Category', 'Event', 'User']);
    await user.keyboard('{Escape}');
    await user.click(within(dialog).getByRole('button', { name: /Select Operator/ }));
    const operators = (await screen.findAllByRole('option')).map(({ textContent }) => textContent);
    expect(operators).toEqual(['Is Equal To', 'Is Not Equal To']);
  });

  it('forgets what was not applied', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<FilterButton />, {
      state: { filters: [{ field: 'category', op: 'is', value: 'Roles' }] },
    });
    const dialog = await open(user);
    await user.click(within(dialog).getByRole('button', { name: 'Clear All' }));
    expect(within(dialog).queryByRole('group', { name: 'Filter 1' })).toBeNull();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('form', { name: 'Filter By' })).toBeNull());
    expect(look.changes).toEqual([]);
    const again = await open(user);
    expect(within(again).getByRole('group', { name: 'Filter 1' })).toBeTruthy();
  });

  it('joins all filters by OR once that tab is chosen', async () => {
    const user = userEvent.setup();
    const filters = [
      { field: 'category', op: 'is', value: 'Roles' },
      { field: 'user', op: 'is_not', value: 'Ada' },
    ] as const;
    const look = renderWithLook(
      <>
        <FilterButton />
        <FilterChips />
      </>,
      { state: { filters } },
    );
    expect(screen.getByText('AND')).toBeTruthy();
    const dialog = await open(user);
    await user.click(within(dialog).getByRole('tab', { name: 'OR' }));
    await user.click(within(dialog).getByRole('button', { name: 'Apply' }));
    expect(look.state()).toMatchObject({ match: 'any', filters });
    await waitFor(() => expect(screen.queryByText('AND')).toBeNull());
    expect(screen.getByText('OR')).toBeTruthy();
  });

  it('keeps the window open while a filter is not complete, and says what is missing', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<FilterButton />);
    const dialog = await open(user);
    await user.click(within(dialog).getByRole('button', { name: 'Add Filter' }));
    await user.type(within(dialog).getByPlaceholderText('Select Column'), 'User');
    await user.tab();
    await user.click(within(dialog).getByRole('button', { name: 'Apply' }));
    expect(await within(dialog).findByText('Enter a value.')).toBeTruthy();
    expect(look.changes).toEqual([]);
  });
});

describe('the chips', () => {
  it('say what is left out, and go one by one or all at once', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<FilterChips />, {
      state: {
        q: 'deploy',
        filters: [
          { field: 'category', op: 'is', value: 'Roles' },
          { field: 'user', op: 'is_not', value: 'Ada' },
        ],
        match: 'any',
        actions: ['role.*'],
        results: ['denied'],
      },
    });
    await user.click(screen.getByRole('button', { name: 'Remove User is not Ada' }));
    expect(look.state()).toMatchObject({ filters: [{ value: 'Roles' }], match: 'all' });
    await user.click(screen.getByRole('button', { name: 'Clear all' }));
    expect(look.state()).toMatchObject({ q: 'deploy', filters: [], actions: [], results: [] });
    expect(screen.queryByRole('button', { name: 'Clear all' })).toBeNull();
  });
});
