/** That what tests make by the API is there, and that whoever they open a page for is who they say. */
import { call, newMember, record, unique } from './api.js';
import { expect, test } from './fixtures.js';

test('a server of a test alone has the events and the people that the test makes', async ({
  open,
  empty,
}) => {
  const id = unique('guardrail');
  await record(empty, {
    action: 'guardrail.updated',
    actor: { type: 'user', id: 'ada' },
    targets: [{ type: 'guardrail', id }],
  });
  const found = await call(empty, 'GET', `/v1/events?filter=target.id:is:${id}`, undefined, empty.keys.read);
  expect(found).toMatchObject({ total: 1 });

  const auditor = await newMember(empty, 'auditor');
  const { context } = await open({ on: empty, as: auditor });
  const session: unknown = await (await context.request.get('/v1/auth/session')).json();
  expect(session).toMatchObject({ user: { email: auditor.email } });
});

test('a page has the session of before, unless it wants one of its own', async ({ open, demo }) => {
  const sessionOf = async (ownSession: boolean) => {
    const { context } = await open({ as: demo.owner, ownSession });
    const [cookie] = await context.cookies();
    return cookie?.value;
  };
  const first = await sessionOf(false);
  expect(first).toBeDefined();
  expect(await sessionOf(false)).toBe(first);
  expect(await sessionOf(true)).not.toBe(first);
});
