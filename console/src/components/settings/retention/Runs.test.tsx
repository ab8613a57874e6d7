import { screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { organizationWith, showSettings } from '../../../../test/settings-page';
import type { RetentionSettings } from '../../../api/retention';
import { Runs } from './Runs';

const settings: RetentionSettings = {
  rule: { keep: 'days', days: 30 },
  updated_at: '2026-11-01T00:00:00Z',
  default: { keep: 'forever', days: null },
  in_force: { keep: 'days', days: 30 },
  projects: [],
  next_run_at: '2026-11-23T00:00:00Z',
  waits_until: null,
  last_run: null,
  removed: null,
};

const show = (told: RetentionSettings) =>
  showSettings(() => <Runs settings={told} />, organizationWith(['settings.read', 'retention.manage']), {});

afterEach(() => vi.unstubAllGlobals());

test('a clock that is doubted is told of, with what to do', async () => {
  await show({ ...settings, waits_until: '2028-01-01T12:00:00Z' });
  expect(await screen.findByText(/nothing goes by itself until/)).toBeTruthy();
});

test('of a clock that is believed nothing is said', async () => {
  await show(settings);
  expect(await screen.findByText('There was none yet')).toBeTruthy();
  expect(screen.queryByText(/nothing goes by itself until/)).toBeNull();
});
