import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event } from '../../api/events';
import { fixtureText, signer } from '../../lib/proof/fixtures/log';
import { serialize } from '../../lib/proof/remembered';
import { checkEvent, type Subject } from './check-event';
import { forget, recall, remember } from './memory';

/** Answers that a server gave once. */
const CAPTURED = JSON.parse(fixtureText('captured.json')) as Record<string, string>;
const captured = (name: string): string => CAPTURED[name] ?? '';
const EVENT = JSON.parse(captured('event_json')) as Event;
const PROOF = JSON.parse(captured('proof_json')) as { checkpoint: string; size: number };
const KEY = captured('verifier_key');
const ORGANIZATION = EVENT.organization_id;

let asked: string[] = [];
let logKey = KEY;
let logStatus = 200;

function answer(request: Request): Response {
  const { pathname, search } = new URL(request.url);
  asked.push(pathname + search);
  if (pathname === '/v1/log') {
    return Response.json(
      logStatus === 200 ? { verifier_key: logKey } : { code: 'forbidden', title: 'Forbidden' },
      { status: logStatus },
    );
  }
  if (pathname.endsWith('/proof')) return new Response(captured('proof_json'), { headers: JSON_HEADERS });
  if (pathname === '/v1/log/consistency') {
    return new Response(captured('consistency_json'), { headers: JSON_HEADERS });
  }
  return Response.json({ code: 'not_found', title: 'Not found' }, { status: 404 });
}

const JSON_HEADERS = { 'content-type': 'application/json' };

const subject = (part: Partial<Subject> = {}): Subject => ({
  organizationId: ORGANIZATION,
  mayReadLog: true,
  event: EVENT,
  ...part,
});
const stepsOf = ({ steps }: { steps: readonly { name: string; state: string }[] }) =>
  Object.fromEntries(steps.map(({ name, state }) => [name, state]));
const remembering = (checkpoint: string, verifierKey = KEY) =>
  serialize({ verifierKey, checkpoint, seenAt: '2026-11-01T00:00:00Z' });

beforeEach(() => {
  asked = [];
  logKey = KEY;
  logStatus = 200;
  forget(ORGANIZATION);
  vi.stubGlobal('fetch', (request: Request) => Promise.resolve(answer(request)));
});
afterEach(() => vi.unstubAllGlobals());

describe('an event that is checked', () => {
  it('is verified, and the log is remembered from the first look on', async () => {
    const check = await checkEvent(subject());
    expect(check).toMatchObject({ verdict: 'verified', key: 'first_seen', size: 296150, alarm: undefined });
    expect(recall(ORGANIZATION)).toContain(JSON.stringify(PROOF.checkpoint));
    expect((await checkEvent(subject())).key).toBe('remembered');
  });

  it('fails where the page shows another value than was recorded', async () => {
    const check = await checkEvent(subject({ event: { ...EVENT, result: 'denied' } }));
    expect(check.verdict).toBe('failed');
    expect(stepsOf(check)).toMatchObject({ event: 'failed', leaf: 'ok', inclusion: 'ok', signature: 'ok' });
  });

  it('moves on from the checkpoint that was remembered only by a proof that the log grew', async () => {
    remember(ORGANIZATION, remembering(captured('older_checkpoint')), null);
    const check = await checkEvent(subject());
    expect(asked.some((path) => path.startsWith('/v1/log/consistency?from=296149&to=296150'))).toBe(true);
    expect(check.verdict).toBe('verified');
    expect(recall(ORGANIZATION)).toContain(JSON.stringify(PROOF.checkpoint));
  });

  it('takes a smaller checkpoint than the remembered one for what it is, if the greater one begins with it', async () => {
    const newer = remembering(PROOF.checkpoint);
    remember(ORGANIZATION, newer, null);
    vi.stubGlobal('fetch', (request: Request) =>
      Promise.resolve(
        request.url.includes('/proof')
          ? Response.json({ ...PROOF, checkpoint: captured('older_checkpoint'), size: 296149 })
          : answer(request),
      ),
    );
    const check = await checkEvent(subject());
    expect(stepsOf(check)['history']).toBe('ok');
    expect(recall(ORGANIZATION)).toBe(newer);
  });
});

describe('a log whose key is another one than this browser remembers', () => {
  it('is a failure and an alarm, and the remembered key stays', async () => {
    const other = await signer(EVENT.organization_id);
    const text = remembering(await other.checkpoint(5), other.verifierKey);
    remember(ORGANIZATION, text, null);
    const check = await checkEvent(subject());
    expect(check).toMatchObject({
      verdict: 'failed',
      key: 'changed',
      verifierKey: other.verifierKey,
      otherKey: KEY,
    });
    expect(stepsOf(check)['signature']).toBe('failed');
    expect(check.alarm).toBeDefined();
    expect(recall(ORGANIZATION)).toBe(text);
  });

  it('is a failure also where the proof itself is still signed by the remembered key', async () => {
    remember(ORGANIZATION, remembering(PROOF.checkpoint), null);
    logKey = (await signer()).verifierKey;
    expect(await checkEvent(subject())).toMatchObject({ verdict: 'failed', key: 'changed' });
  });
});

describe('a role that does not show the log', () => {
  it('gets all steps but the signature, which counts neither way, and nothing is remembered', async () => {
    const check = await checkEvent(subject({ mayReadLog: false }));
    expect(check).toMatchObject({ verdict: 'incomplete', key: 'unknown', verifierKey: undefined });
    expect(stepsOf(check)).toEqual({ event: 'ok', leaf: 'ok', inclusion: 'ok', signature: 'not_done' });
    expect(asked.some((path) => path.startsWith('/v1/log'))).toBe(false);
    expect(recall(ORGANIZATION)).toBeNull();
  });

  it('gets the signature by a key that this browser remembers', async () => {
    remember(ORGANIZATION, remembering(PROOF.checkpoint), null);
    const check = await checkEvent(subject({ mayReadLog: false }));
    expect(check).toMatchObject({ verdict: 'verified', key: 'remembered' });
  });

  it('is told by the server as well', async () => {
    logStatus = 403;
    expect((await checkEvent(subject())).verdict).toBe('incomplete');
  });
});

it('does not write over what another tab has remembered meanwhile', () => {
  remember(ORGANIZATION, 'newer', null);
  remember(ORGANIZATION, 'older', null);
  expect(recall(ORGANIZATION)).toBe('newer');
});
