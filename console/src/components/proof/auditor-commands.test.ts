import { execFileSync } from 'node:child_process';

import { expect, it } from 'vitest';

import { auditorCommands, quotedForShell } from './auditor-commands';

it('quotes for a shell so that it reads exactly the text', () => {
  for (const text of ['plain', "it's", '$(reboot)', '`x`', 'a b\nc', '"', '', '–', '*']) {
    expect(execFileSync('sh', ['-c', `printf %s ${quotedForShell(text)}`], { encoding: 'utf8' })).toBe(text);
  }
});

it('fills in this log everywhere, and leaves the key that opens it to the environment', () => {
  const commands = auditorCommands({
    server: 'https://audit.example.com',
    organizationId: 'org_7',
    verifierKey: 'audit.example.com/org_7+0a0b0c0d+AQ/=',
    size: 4000,
  });
  expect(commands.monitor).toContain('evident monitor https://audit.example.com/log/org_7 ');
  expect(commands.checkpoint).toContain('/v1/log/consistency?from=4000');
  for (const command of Object.values(commands)) {
    expect(command).toContain('--key audit.example.com/org_7+0a0b0c0d+AQ/=');
  }
});
