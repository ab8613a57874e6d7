import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../../test/fake-server';
import { inviteAll } from './invite-all';
import { linesOf } from './InviteOutcome';

afterEach(() => vi.unstubAllGlobals());

const KEY = 'POST /v1/invitations';
const INVITATION = {
  id: 'inv_1',
  role: 'member',
  invited_by: 'usr_1',
  created_at: '2026-11-22T05:00:00.000000Z',
  expires_at: '2026-11-29T05:00:00.000000Z',
  expired: false,
};

const emailOf = (body: unknown) => (body as { email: string }).email;

describe('inviteAll', () => {
  it('invites the others although one is refused, and says which and why', async () => {
    const server = fakeServer({
      [KEY]: ({ body }) =>
        emailOf(body) === 'b@x.example'
          ? problem(409, 'already_member')
          : json(
              { ...INVITATION, email: emailOf(body), sent: false, link: `https://x/#${emailOf(body)}` },
              201,
            ),
    });
    const progress: number[] = [];
    const rest = { role: 'auditor', expires_in_hours: 24 };
    const outcomes = await inviteAll(['a@x.example', 'b@x.example', 'c@x.example'], rest, (done) =>
      progress.push(done),
    );
    expect(outcomes.map(({ refused }) => refused)).toEqual([undefined, 'already_member', undefined]);
    expect(server.sentTo(KEY)[2]).toEqual({ role: 'auditor', expires_in_hours: 24, email: 'c@x.example' });
    expect(progress).toEqual([1, 2, 3]);
    expect(linesOf(outcomes)).toBe(
      'a@x.example\thttps://x/#a@x.example\nc@x.example\thttps://x/#c@x.example',
    );
  });

  it('stops asking once the person may not, and leaves no address without an answer', async () => {
    const server = fakeServer({ [KEY]: problem(403, 'forbidden') });
    const outcomes = await inviteAll(['a@x.example', 'b@x.example', 'c@x.example'], {}, () => undefined);
    expect(server.sentTo(KEY)).toHaveLength(1);
    expect(outcomes.map(({ email, refused }) => [email, refused !== undefined])).toEqual([
      ['a@x.example', true],
      ['b@x.example', true],
      ['c@x.example', true],
    ]);
  });
});
