import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';

import { listsFirst } from './beside-lists';
import { keyOf } from './queries';

/** A list that is on its way until it is told to arrive. */
function listOnItsWay(client: QueryClient, organizationId: string) {
  let arrive: (list: string) => void = () => undefined;
  const list = new Promise<string>((resolve) => (arrive = resolve));
  void client.query({ queryKey: keyOf(organizationId, 'events', {}), queryFn: () => list });
  return () => arrive('events');
}

const never = () => new AbortController().signal;

test('counts wait for the list of their organization, and for no other', async () => {
  const client = new QueryClient();
  const arrive = listOnItsWay(client, 'org_1');
  const order: string[] = [];
  const own = listsFirst(client, 'org_1', never()).then(() => order.push('own'));
  await listsFirst(client, 'org_2', never()).then(() => order.push('other'));
  order.push('list');
  arrive();
  await own;
  expect(order).toEqual(['other', 'list', 'own']);
});

test('a list that is asked for in the same task counts, though it comes later', async () => {
  const client = new QueryClient();
  const order: string[] = [];
  const counts = listsFirst(client, 'org_1', never()).then(() => order.push('counts'));
  const arrive = listOnItsWay(client, 'org_1');
  await listsFirst(client, 'org_2', never());
  order.push('list');
  arrive();
  await counts;
  expect(order).toEqual(['list', 'counts']);
});

test('what is not wanted any more stops waiting', async () => {
  const client = new QueryClient();
  listOnItsWay(client, 'org_1');
  const wanted = new AbortController();
  const waiting = listsFirst(client, 'org_1', wanted.signal);
  wanted.abort(new Error('not wanted'));
  await expect(waiting).rejects.toThrow('not wanted');
});

test('a list that never arrives holds up nothing for ever', async () => {
  const client = new QueryClient();
  listOnItsWay(client, 'org_1');
  await expect(listsFirst(client, 'org_1', never())).resolves.toBeUndefined();
});
