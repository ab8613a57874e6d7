import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

afterEach(cleanup);

/** How long a test waits for something to appear, in milliseconds: a busy machine is slow, not wrong. */
const PATIENCE_MS = 4000;
configure({ asyncUtilTimeout: PATIENCE_MS });

// jsdom has no `CSS`; React Aria asks for its `escape` when a popover opens.
Object.defineProperty(globalThis, 'CSS', {
  value: { escape: (text: string) => text.replace(/[^\w-]/g, '\\$&') },
  configurable: true,
  writable: true,
});
