import { defineConfig } from 'vitest/config';

/** A page may take this long for what it does in a moment: the machine may be busy. In milliseconds. */
const PATIENCE_MS = 60_000;

export default defineConfig({
  test: {
    environment: 'node',
    include: process.env['EVIDENT_SCREENSHOTS'] ? ['**/*.test.ts', '**/*.shots.ts'] : ['**/*.test.ts'],
    globalSetup: ['./demo.ts'],
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    // Every file has a browser of its own, and all share one server.
    maxWorkers: 1,
  },
});
