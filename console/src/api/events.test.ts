import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';

import { fakeServer, json } from '../../test/fake-server';
import { csvAddress, facetsQuery } from './events';

afterEach(() => vi.unstubAllGlobals());

/** Of two names the second has a comma of its own. */
const NAMES = ['action', 'metadata.a,b'];

test('a comma in the name of a field is told from those between fields', async () => {
  const server = fakeServer({ 'GET /v1/events/facets': json({ facets: {} }) });
  await new QueryClient().query(facetsQuery('org_1', {}, NAMES, 5));
  const asked = new URLSearchParams(server.asked[0]?.search);
  expect(asked.getAll('fields')).toEqual(['action,metadata.a\\,b']);
  const address = new URL(csvAddress({}, NAMES), 'http://here');
  expect(address.searchParams.getAll('columns')).toEqual(['action,metadata.a\\,b']);
});
