/** What tests ask of the API by themselves: events, people, and all that a page then shows. */
import { textAt, type Credentials, type Founded } from './server.js';

export interface Place extends Founded {
  readonly url: string;
}

/** A request with a key: the admin's, unless another is given. The answer must be a success. */
export async function call(
  place: Place,
  method: string,
  path: string,
  body?: unknown,
  key: string = place.keys.admin,
): Promise<unknown> {
  const answer = await fetch(place.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Records events, and comes back when they can be asked for and proved. */
export async function record(place: Place, ...events: readonly object[]): Promise<void> {
  await call(place, 'POST', '/v1/events?wait=checkpoint', { events }, place.keys.ingest);
}

/** An address and names that no other test has. */
export function unique(prefix: string): string {
  return `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
}

/** Somebody new who has this role: invited, and accepted. */
export async function newMember(place: Place, role: string): Promise<Credentials> {
  const person = { email: `${unique(role)}@example.com`, password: 'a long enough pass phrase' };
  const invited = await call(place, 'POST', '/v1/invitations', { email: person.email, role });
  const token = new URL(textAt(invited, 'link'), place.url).hash.slice(1);
  const accepted = await fetch(`${place.url}/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, name: `New ${role}`, password: person.password }),
  });
  if (!accepted.ok) throw new Error(`the invitation was refused: ${await accepted.text()}`);
  return person;
}
