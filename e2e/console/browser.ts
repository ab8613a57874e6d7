/** The browser that tests look at the console with: Chromium, as the system has it, or what CHROMIUM names. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  // Nothing outside of this machine has an address.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function executable(): string {
  const named = process.env['CHROMIUM'];
  if (named) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isThere);
  if (found === undefined) {
    throw new Error('there is no Chromium on the PATH: install it, or say where it is by CHROMIUM');
  }
  return found;
}

export function launch(): Promise<Browser> {
  // Chromium's sandbox is not for root.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: executable(),
    args: isRoot ? [...FLAGS, '--no-sandbox'] : FLAGS,
  });
}
