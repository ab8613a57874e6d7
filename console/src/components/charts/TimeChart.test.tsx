import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, expect, it, vi } from 'vitest';

import type { Bucket } from '../../api/events';
import { type BarSpan, TimeChart, type TimeChartProps } from './TimeChart';

/** Where nothing is laid out a chart is 640 pixels wide: ten bars of 64. */
const BAR_PX = 64;
const HOUR = 3_600_000;
const START = Date.parse('2026-11-03T10:00:00Z');
const time = (hours: number) => new Date(START + hours * HOUR).toISOString();

const buckets: Bucket[] = Array.from({ length: 10 }, (_, at) => ({
  start: time(at),
  end: time(at + 1),
  count: at,
  split: at === 0 ? {} : { Roles: at - 1, Prompts: 1 },
}));

beforeAll(() => {
  // jsdom lays nothing out, and captures no pointer.
  HTMLElement.prototype.setPointerCapture = () => undefined;
});

function show(props: Partial<TimeChartProps> = {}) {
  const onZoom = vi.fn();
  render(
    <TimeChart
      label="Events by hour"
      buckets={buckets}
      interval="hour"
      zone="UTC"
      weekStart="monday"
      field="category"
      onZoom={onZoom}
      {...props}
    />,
  );
  return { onZoom, chart: screen.getByRole('slider', { name: 'Events by hour' }) };
}

it('says each bar to those who move over it with arrow keys', async () => {
  const user = userEvent.setup();
  const { chart } = show();
  chart.focus();
  await user.keyboard('{ArrowLeft}{ArrowLeft}');
  expect(chart.getAttribute('aria-valuetext')).toBe(
    '3 Nov 2026, 18:00 – 19:00: 8 events (Roles 7, Prompts 1)',
  );
  expect(chart.getAttribute('aria-valuenow')).toBe('8');
});

it('goes into a bar by Enter, and into several by Shift and arrow keys', async () => {
  const user = userEvent.setup();
  const { chart, onZoom } = show();
  chart.focus();
  await user.keyboard('{Home}{ArrowRight}{Enter}');
  expect(onZoom).toHaveBeenLastCalledWith({ from: time(1), to: time(2) });
  await user.keyboard('{Home}{Shift>}{ArrowRight}{ArrowRight}{/Shift}');
  expect(chart.getAttribute('aria-valuetext')).toBe('Selected 3 Nov 2026, 10:00 – 13:00');
  await user.keyboard('{Enter}');
  expect(onZoom).toHaveBeenLastCalledWith({ from: time(0), to: time(3) });
});

const links = () => ({ hrefOf: ({ from, to }: BarSpan) => `/events?from=${from}&to=${to}`, follow: vi.fn() });
const href = (hours: number) => `/events?from=${time(hours)}&to=${time(hours + 1)}`;

it('follows one bar where bars lead somewhere, and goes into several', () => {
  const led = links();
  const { chart, onZoom } = show({ links: led });
  fireEvent.pointerDown(chart, { button: 0, clientX: 2.5 * BAR_PX, pointerType: 'mouse' });
  fireEvent.pointerUp(chart, { clientX: 2.5 * BAR_PX });
  expect(led.follow).toHaveBeenCalledExactlyOnceWith(href(2));
  expect(onZoom).not.toHaveBeenCalled();
  fireEvent.pointerDown(chart, { button: 0, clientX: 2.5 * BAR_PX, pointerType: 'mouse' });
  fireEvent.pointerMove(chart, { clientX: 4.5 * BAR_PX });
  fireEvent.pointerUp(chart, { clientX: 4.5 * BAR_PX });
  expect(onZoom).toHaveBeenCalledExactlyOnceWith({ from: time(2), to: time(5) });
  expect(led.follow).toHaveBeenCalledOnce();
});

it('follows nothing for a finger that taps: it reads', () => {
  const led = links();
  const { chart } = show({ links: led });
  fireEvent.pointerDown(chart, { button: 0, clientX: 2.5 * BAR_PX, pointerType: 'touch' });
  fireEvent.pointerUp(chart, { clientX: 2.5 * BAR_PX, pointerType: 'touch' });
  expect(led.follow).not.toHaveBeenCalled();
});

it.each([true, false])('has links in its table only where that is seen: %s', (showTable) => {
  show({ links: links(), showTable });
  const found = screen.queryAllByRole('link').map((link) => link.getAttribute('href'));
  // The first hour has no events to lead to.
  expect(found).toEqual(showTable ? [1, 2, 3, 4, 5, 6, 7, 8, 9].map(href) : []);
});

it('lets go of a selection by Escape, and of nothing else', async () => {
  const user = userEvent.setup();
  const { chart, onZoom } = show();
  chart.focus();
  await user.keyboard('{Home}{Shift>}{ArrowRight}{/Shift}{Escape}{Enter}');
  expect(onZoom).toHaveBeenCalledExactlyOnceWith({ from: time(1), to: time(2) });
});

it('goes into what a pointer draws over, in either direction, in whole buckets', () => {
  const { chart, onZoom } = show();
  fireEvent.pointerDown(chart, { button: 0, clientX: 5.5 * BAR_PX, pointerType: 'mouse' });
  fireEvent.pointerMove(chart, { clientX: 2.2 * BAR_PX });
  fireEvent.pointerUp(chart, { clientX: 2.2 * BAR_PX });
  expect(onZoom).toHaveBeenCalledExactlyOnceWith({ from: time(2), to: time(6) });
});

it('goes nowhere when the pointer was taken away, or another button pressed', () => {
  const { chart, onZoom } = show();
  fireEvent.pointerDown(chart, { button: 0, clientX: 100 });
  fireEvent.pointerCancel(chart);
  fireEvent.pointerUp(chart, { clientX: 300 });
  fireEvent.pointerDown(chart, { button: 2, clientX: 100 });
  fireEvent.pointerUp(chart, { clientX: 300 });
  expect(onZoom).not.toHaveBeenCalled();
});

it('has the same numbers as a table, empty hours among them', () => {
  show({ showTable: true });
  const table = screen.getByRole('table', { name: 'Events by hour, as a table' });
  const rows = within(table).getAllByRole('row');
  expect(rows).toHaveLength(11);
  const texts = (row: HTMLElement | undefined) => [...(row?.children ?? [])].map((cell) => cell.textContent);
  expect(texts(rows[0])).toEqual(['Time', 'Events', 'Roles', 'Prompts']);
  expect(texts(rows[1])).toEqual(['3 Nov 2026, 10:00 – 11:00', '0', '0', '0']);
  expect(texts(rows[10])).toEqual(['3 Nov 2026, 19:00 – 20:00', '9', '8', '1']);
});

it('draws five thousand buckets as bars that can be seen, and none as nothing', () => {
  const many = Array.from({ length: 5000 }, (_, at) => ({ start: time(at), end: time(at + 1), count: 1 }));
  const { chart } = show({ buckets: many, field: undefined });
  expect(Number(chart.getAttribute('aria-valuemax'))).toBeLessThanOrEqual(640 / 3);
});

it('stands with no bucket at all', async () => {
  const user = userEvent.setup();
  const { chart, onZoom } = show({ buckets: [] });
  chart.focus();
  await user.keyboard('{ArrowLeft}{Enter}{Shift>}{Home}{/Shift}{Enter}');
  expect(onZoom).not.toHaveBeenCalled();
  expect(chart.getAttribute('aria-valuetext')).toBe('No bar chosen');
});

it('makes marks that turn text around visible', () => {
  const hostile = { start: time(0), end: time(1), count: 1, split: { 'safe\u202Eexe': 1 } };
  show({ buckets: [hostile], showTable: true });
  expect(screen.getByRole('columnheader', { name: 'safe‹U+202E›exe' })).toBeTruthy();
});
