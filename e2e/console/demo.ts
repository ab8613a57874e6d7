/** Before the first file: the demo's server, which all files share. Its address and keys are handed to them. */
import type { TestProject } from 'vitest/node';

import { startDemo, type Founded } from './server.js';

/** Enough for pages that scroll, and quickly there. EVIDENT_E2E_EVENTS says another number. */
const EVENTS = 20_000;

export interface DemoAddress extends Founded {
  readonly url: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    demo: DemoAddress;
  }
}

export default async function setup(project: TestProject) {
  const demo = await startDemo(Number(process.env['EVIDENT_E2E_EVENTS'] ?? EVENTS));
  const { url, organizationId, owner, keys } = demo;
  project.provide('demo', { url, organizationId, owner, keys });
  return demo.stop;
}
