import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Problem } from '../../api/problem';
import { answerCompletions, renderWithLook } from './look-for-tests';
import { SearchBar } from './SearchBar';

let asked: URL[] = [];

// Whole windows are drawn and typed in without a browser's help, which takes its time.
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  vi.unstubAllGlobals();
  // jsdom has no layout, so nothing can be scrolled to.
  Element.prototype.scrollIntoView = () => undefined;
  asked = answerCompletions({
    '': [
      { value: 'result', count: 900 },
      { value: 'metadata.model_id', count: 3 },
    ],
    result: [
      { value: 'denied', count: 42 },
      { value: 'success', count: 858 },
    ],
    user: [{ value: 'Ada Obi', count: 7 }],
  });
});

const bar = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'Search audit events' });

describe('the search bar', () => {
  it('completes a field, then a value with its count, by keyboard alone, and asks for it', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<SearchBar />);
    await user.click(bar());
    await user.keyboard('resu');
    await screen.findByRole('option', { name: /^result:/ });
    await user.keyboard('{ArrowDown}{Enter}');
    expect(bar().value).toBe('result:');
    const denied = await screen.findByRole('option', { name: /denied.*42/ });
    await user.keyboard('{ArrowDown}');
    expect(bar().getAttribute('aria-activedescendant')).toBe(denied.id);
    await user.keyboard('{Enter}');
    expect(bar().value).toBe('result:denied ');
    expect(look.changes.at(-1)).toMatchObject({ state: { q: 'result:denied ' }, replace: false });
    expect(screen.queryByRole('option')).toBeNull();
  });

  it('quotes a value with a space, and takes the first with Tab', async () => {
    const user = userEvent.setup();
    renderWithLook(<SearchBar />);
    await user.click(bar());
    await user.keyboard('-user:ad');
    await screen.findByRole('option', { name: /Ada Obi/ });
    await user.keyboard('{Tab}');
    expect(bar().value).toBe('-user:"Ada Obi" ');
    expect(document.activeElement).toBe(bar());
  });

  it('searches for a value that is written out, whatever else begins like it', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<SearchBar />);
    await user.click(bar());
    await user.keyboard('result:denied');
    await screen.findByRole('option', { name: /denied/ });
    await user.keyboard('{Enter}');
    expect(look.state().q).toBe('result:denied');
  });

  it('counts among the events of the look, without what is being typed', async () => {
    const user = userEvent.setup();
    renderWithLook(<SearchBar />, { state: { q: 'deploy', range: 'today', eventTypes: ['User Actions'] } });
    await user.click(bar());
    await user.keyboard(' result:');
    await screen.findByRole('option', { name: /denied/ });
    const url = asked.find(({ searchParams }) => searchParams.get('field') === 'result');
    expect(url?.searchParams.get('range')).toBe('today');
    expect(url?.searchParams.get('event_type')).toBe('User Actions');
    expect(url?.searchParams.has('q')).toBe(false);
  });

  it('asks by itself after a pause, in the place of the last look, but not for what lacks its value', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<SearchBar />);
    await user.click(bar());
    await user.keyboard('deploy');
    await waitFor(() => expect(look.changes.at(-1)).toMatchObject({ state: { q: 'deploy' }, replace: true }));
    await user.keyboard(' result:');
    await screen.findByRole('option', { name: /denied/ });
    await user.keyboard('den');
    await waitFor(() => expect(look.state().q).toBe('deploy result:den'));
    expect(look.changes.map(({ state }) => state.q)).not.toContain('deploy result:');
  });

  it('closes with Escape, then clears', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<SearchBar />, { state: { q: 'deploy' } });
    await user.click(bar());
    await user.keyboard(' resu');
    await screen.findByRole('option', { name: /^result:/ });
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('option')).toBeNull();
    expect(bar().value).toBe('deploy resu');
    await user.keyboard('{Escape}');
    expect(bar().value).toBe('');
    expect(look.state().q).toBe('');
  });

  it('shows the search of another look', () => {
    const look = renderWithLook(<SearchBar />, { state: { q: 'deploy' } });
    act(() => look.go({ q: 'from a chip' }));
    expect(bar().value).toBe('from a chip');
  });

  it('says what is wrong, corrects it at a press, and never asks what would be refused', async () => {
    const user = userEvent.setup();
    const look = renderWithLook(<SearchBar />);
    await user.click(bar());
    await user.keyboard('request.body:x{Enter}');
    expect(await screen.findByText(/request\.body/, { selector: 'p span' })).toBeTruthy();
    expect(look.changes).toEqual([]);
    await user.clear(bar());
    await user.keyboard('catgory:Roles{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Use category' }));
    expect(bar().value).toBe('category:Roles');
    expect(look.state().q).toBe('category:Roles');
  });

  it('says what the server refused', () => {
    const detail = 'q: this phrase needs too many events to be looked at: ask for a narrower range of time';
    const error = new Problem(400, { code: 'too_much', title: 'Bad Request', detail });
    renderWithLook(<SearchBar error={error} />, { state: { q: '"a b"' } });
    expect(screen.getByText(/This phrase needs too many/)).toBeTruthy();
    expect(bar().getAttribute('aria-invalid')).toBe('true');
  });
});
