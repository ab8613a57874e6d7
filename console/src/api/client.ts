/**
 * The client of the API: its types are generated from the OpenAPI document, so that what the server does not
 * have does not compile. An answer is its data, or a `Problem` is thrown.
 *
 * A person may belong to several organizations. Which one is meant is said with each request; it is that of
 * the page's own URL, and each tab has its own.
 */
import createClient, { type Middleware } from 'openapi-fetch';

import { problemOf, unreachable } from './problem';
import type { paths } from './schema';

/** What is about the person or the instance, not about an organization. */
const OF_NO_ORGANIZATION = [
  '/v1/auth/',
  '/v1/setup',
  '/v1/instance/',
  '/v1/invitations/accept',
  '/v1/invitations/lookup',
];

let organizationId: string | undefined;

/** Says which organization requests are about from now on. */
export function actIn(id: string | undefined): void {
  organizationId = id;
}

/** The address with the organization in it, as requests have it. For links to files, and streams. */
export function within(path: string): string {
  if (organizationId === undefined) return path;
  const url = new URL(path, window.location.origin);
  if (OF_NO_ORGANIZATION.some((prefix) => url.pathname.startsWith(prefix))) return path;
  if (!url.searchParams.has('organization_id')) url.searchParams.set('organization_id', organizationId);
  return url.pathname + url.search;
}

/** Where a 401 is an answer like others, and does not say that a session has ended. */
const FOR_STRANGERS = ['/v1/auth/login', '/v1/auth/logout', '/v1/auth/session', '/v1/invitations/accept'];

/** Lets the page go to the sign-in when a session has ended. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

const organization: Middleware = {
  async onRequest({ request }) {
    const address = within(request.url);
    if (address === request.url) return undefined;
    const { method, headers, credentials, signal } = request;
    // A request that is made of another one streams its body, which browsers do by HTTP/2 alone.
    const bytes = await request.arrayBuffer();
    const body = bytes.byteLength === 0 ? {} : { body: bytes };
    return new Request(new URL(address, window.location.origin), {
      method,
      headers,
      credentials,
      signal,
      ...body,
    });
  },
};

const problems: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    const problem = problemOf(response, body);
    if (problem.status === 401 && !FOR_STRANGERS.includes(schemaPath)) onSignedOut();
    throw problem;
  },
  onError() {
    return unreachable();
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  // Looked up at each request, so that tests and tools may put another in its place.
  fetch: (request) => fetch(request),
});
api.use(organization, problems);

/** The data of an answer. What is not data has been thrown by then. */
export async function data<Data>(answer: Promise<{ data?: Data }>): Promise<NonNullable<Data>> {
  const { data: value } = await answer;
  if (value === undefined || value === null) throw problemOf(new Response(null, { status: 204 }), undefined);
  return value;
}

/** Waits for an answer that has no data. */
export async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}
