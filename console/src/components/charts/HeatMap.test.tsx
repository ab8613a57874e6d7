import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';

import { HeatMap } from './HeatMap';
import { DAYS_PER_WEEK, HOURS_PER_DAY, type Week } from './week';

const week: Week = Array.from({ length: DAYS_PER_WEEK }, (_, day) =>
  Array.from({ length: HOURS_PER_DAY }, (_, hour) => {
    if (day === 0 && hour === 0) return { hours: 0, count: 0, average: 0 };
    return day === 1 && hour === 23
      ? { hours: 4, count: 50, average: 12.5 }
      : { hours: 4, count: 1, average: 0.25 };
  }),
);

it('says each hour by its day, its average and what that is made of', () => {
  render(<HeatMap label="Hours" week={week} weekStart="monday" />);
  const cells = screen.getAllByRole('gridcell', { hidden: true });
  expect(cells).toHaveLength(DAYS_PER_WEEK * HOURS_PER_DAY);
  expect(cells[HOURS_PER_DAY + 23]?.getAttribute('aria-label')).toBe(
    'Tuesday 23:00–00:00: 13 on average, 50 events in 4 such hours',
  );
  expect(cells[1]?.getAttribute('aria-label')).toBe(
    'Monday 01:00–02:00: 0.3 on average, 1 event in 4 such hours',
  );
});

it('tells an hour that is not in the time from one without events', () => {
  render(<HeatMap label="Hours" week={week} weekStart="sunday" />);
  const [first, second] = screen.getAllByRole('gridcell', { hidden: true });
  expect(first?.getAttribute('aria-label')).toBe('Sunday 00:00–01:00: not in this time');
  expect(first?.dataset['shade']).not.toBe(second?.dataset['shade']);
});

it('is one stop of the keyboard, and arrow keys move within it', async () => {
  const user = userEvent.setup();
  render(<HeatMap label="Hours" week={week} weekStart="monday" />);
  await user.tab();
  await user.keyboard('{ArrowRight}{ArrowRight}{ArrowDown}{ArrowLeft}{ArrowUp}{ArrowUp}');
  const focused = document.activeElement;
  expect(focused?.getAttribute('aria-label')).toContain('Monday 01:00');
  expect(screen.getAllByRole('gridcell', { hidden: true }).filter((cell) => cell.tabIndex === 0)).toEqual([
    focused,
  ]);
  await user.tab();
  expect(document.body).toBe(document.activeElement);
});
