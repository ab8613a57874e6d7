import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { CALL_LANGUAGES, firstCall, KEY_PLACEHOLDER } from './calls';

const ORIGIN = 'http://127.0.0.1:8700';
const call = (name: string) => ({ origin: ORIGIN, key: 'evident_ingest_1', person: { id: 'usr_1', name } });

/** What a shell gives to curl, with another program in its place. */
function shellArguments(script: string): string[] {
  const printed = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${script}`], {
    encoding: 'utf8',
  });
  return printed.split('\0').slice(0, -1);
}

function bodyOfCurl(name: string): unknown {
  const words = shellArguments(firstCall('curl', call(name)));
  return JSON.parse(words[words.indexOf('-d') + 1] ?? '');
}

describe('the first call', () => {
  it('has the address and the key in every language', () => {
    for (const { id } of CALL_LANGUAGES) {
      const text = firstCall(id, call('Ada Obi'));
      expect(text).toContain(`${ORIGIN}/v1/events`);
      expect(text).toContain('Bearer evident_ingest_1');
      expect(text).toContain('Ada Obi');
    }
  });

  it('says where the key belongs if there is none', () => {
    const text = firstCall('curl', { origin: ORIGIN, person: { id: 'usr_1', name: '' } });
    expect(text).toContain(`Bearer ${KEY_PLACEHOLDER}'`);
  });

  it.each(["Miles O'Brien", '$(touch /tmp/x) `id` "quoted" \\', "'; curl http://evil.example; '"])(
    'gives curl one body and nothing else, for somebody who is called %s',
    (name) => {
      expect(bodyOfCurl(name)).toMatchObject({ on_behalf_of: [{ id: 'usr_1', name }] });
      expect(shellArguments(firstCall('curl', call(name)))).toHaveLength(8);
    },
  );

  it('keeps the event within its quotes in Go', () => {
    const text = firstCall('go', call('`+evil()+`'));
    const body = /event := `([^`]*)`/.exec(text)?.[1] ?? '';
    expect(JSON.parse(body)).toMatchObject({ on_behalf_of: [{ name: '`+evil()+`' }] });
  });
});
