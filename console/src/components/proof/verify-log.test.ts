import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { consistency, leaves, signer, type Signer } from '../../lib/proof/fixtures/log';
import { forget, recall } from './memory';
import { spreadSizes, verifyLog } from './verify-log';

const ORGANIZATION = 'org_1';
const OTHER_ROOT = Uint8Array.from({ length: 32 }, () => 7);

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** A server that signs what it is told. */
interface Server {
  log: Signer;
  size: number;
  /** Sizes with published checkpoints. */
  published: number[];
  /** The published checkpoint of this size is of another history. */
  forkedAt?: number;
}

async function answer(server: Server, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const { log, size } = server;
  const checkpointOf = (of: number) => log.checkpoint(of, of === server.forkedAt ? OTHER_ROOT : undefined);
  if (pathname === '/v1/log') {
    return Response.json({ size, verifier_key: log.verifierKey, checkpoint: await log.checkpoint(size) });
  }
  if (pathname === '/v1/log/checkpoints') {
    const before = Number(searchParams.get('before'));
    const found = server.published.filter((one) => one < before).at(-1);
    const data =
      found === undefined
        ? []
        : [{ size: found, signed_at: '2026-01-01T00:00:00Z', checkpoint: await checkpointOf(found) }];
    return Response.json({ data, next_before: null });
  }
  const [from, to] = [Number(searchParams.get('from')), Number(searchParams.get('to'))];
  const hashes = consistency(from, leaves(to)).map(base64);
  return Response.json({ from, to, hashes, checkpoint: await log.checkpoint(to) });
}

function serve(server: Server): void {
  vi.stubGlobal('fetch', (request: Request) => answer(server, request));
}

const verify = () => {
  const progress: number[] = [];
  return verifyLog({ organizationId: ORGANIZATION, onProgress: (done) => progress.push(done) }).then(
    (check) => ({
      check,
      progress,
    }),
  );
};

beforeEach(() => forget(ORGANIZATION));
afterEach(() => vi.unstubAllGlobals());

it('finds that an honest log begins with everything that it had published', async () => {
  serve({ log: await signer(), size: 50, published: [0, 3, 10, 20, 30, 40, 50] });
  const { check, progress } = await verify();
  expect(check).toMatchObject({ verdict: 'verified', size: 50, alarm: undefined });
  expect(check.compared).toBe(5);
  expect(progress.at(-1)).toBe(1);
});

it('finds one published checkpoint of another history among honest ones, and says which', async () => {
  serve({ log: await signer(), size: 50, published: [0, 10, 20, 30, 40], forkedAt: 20 });
  const { check } = await verify();
  expect(check.verdict).toBe('failed');
  expect(check.steps.filter(({ state }) => state === 'failed').map(({ name }) => name)).toEqual(['size-20']);
});

it('finds a log that was put back since this browser looked, and keeps the evidence', async () => {
  const log = await signer();
  serve({ log, size: 50, published: [] });
  await verify();
  const kept = recall(ORGANIZATION);
  serve({ log, size: 40, published: [] });
  const { check } = await verify();
  expect(check.verdict).toBe('failed');
  expect(check.alarm).toContain('50');
  expect(recall(ORGANIZATION)).toBe(kept);
});

it('finds a log that was replaced by one with another key, and shows both keys', async () => {
  const [first, second] = [await signer(), await signer()];
  serve({ log: first, size: 5, published: [] });
  await verify();
  serve({ log: second, size: 9, published: [] });
  const { check } = await verify();
  expect(check.verdict).toBe('failed');
  expect(check.changedKey).toEqual({ verifierKey: first.verifierKey, otherKey: second.verifierKey });
});

it('spreads its looks over the whole life of a log, and asks nothing of an empty one', () => {
  expect(spreadSizes(0, 10)).toEqual([]);
  expect(spreadSizes(1, 10)).toEqual([]);
  expect(spreadSizes(1100, 10)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  expect(new Set(spreadSizes(5, 10)).size).toBe(spreadSizes(5, 10).length);
});
