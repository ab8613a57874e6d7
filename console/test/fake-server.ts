/**
 * The API in a test: answers by method and path, and remembers what was asked. What nobody said is answered
 * with 404, as a server would.
 */
import { vi } from 'vitest';

export interface Asked {
  method: string;
  path: string;
  /** What stands behind the path, such as `?check=true`. */
  search: string;
  body: unknown;
}

type Answer = Response | ((asked: Asked) => Response | Promise<Response>);

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json(
    { type: `urn:evident:problem:${code}`, title: code, status, detail: '', code },
    status,
    headers,
  );
}

/** Answers by `METHOD /path`, such as `POST /v1/auth/login`. */
export function fakeServer(answers: Record<string, Answer>) {
  const asked: Asked[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(
      input instanceof Request ? input : new URL(String(input), window.location.origin),
      // jsdom's signals are not those of Node's requests.
      input instanceof Request ? undefined : { ...init, signal: null },
    );
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    const one = {
      method: request.method,
      path: pathname,
      search,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    asked.push(one);
    const answer = answers[`${one.method} ${one.path}`];
    if (answer === undefined) return problem(404, 'not_found');
    return typeof answer === 'function' ? answer(one) : answer.clone();
  };
  vi.stubGlobal('fetch', fetch);
  return {
    asked,
    /** The bodies of what was sent there. */
    sentTo: (key: string) =>
      asked.filter(({ method, path }) => `${method} ${path}` === key).map(({ body }) => body),
    /** Another answer from now on. */
    answer: (key: string, answer: Answer) => {
      answers[key] = answer;
    },
  };
}
