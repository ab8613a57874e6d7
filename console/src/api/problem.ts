/**
 * What the server answers when it does not do what was asked (RFC 9457), and what to tell a person of it.
 * Every failed request becomes a `Problem`, those that never reached the server included.
 */
import type { components } from './schema';

type ProblemBody = components['schemas']['ProblemBody'];
export type ProblemEntry = components['schemas']['ProblemEntry'];

/** The code of a request that had no answer. */
export const UNREACHABLE = 'unreachable';

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** What is wrong at which place of what was sent. */
  readonly entries: readonly ProblemEntry[];
  /** What was probably meant, where one word of the request is not known. */
  readonly suggestion: string | undefined;
  /** What is to be registered at a provider, where single sign-on is not set up. */
  readonly redirectUrl: string | undefined;
  readonly requestId: string | undefined;
  /** In seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    body: {
      code: string;
      title: string;
      detail?: string | undefined;
      errors?: readonly ProblemEntry[] | undefined;
      suggestion?: string | undefined;
      redirect_url?: string | undefined;
    },
    headers?: Headers,
  ) {
    super(body.detail === undefined || body.detail === '' ? body.title : body.detail);
    this.status = status;
    this.code = body.code;
    this.title = body.title;
    this.detail = body.detail ?? '';
    this.entries = body.errors ?? [];
    this.suggestion = body.suggestion;
    this.redirectUrl = body.redirect_url;
    this.requestId = headers?.get('x-request-id') ?? undefined;
    const seconds = Number(headers?.get('retry-after') ?? NaN);
    this.retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  }

  /** What is wrong with one member of what was sent, by its JSON pointer. */
  at(pointer: string): string | undefined {
    return this.entries.find((entry) => entry.pointer === pointer)?.reason;
  }
}

export function isProblem(error: unknown, ...codes: string[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}

function isBody(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'title' in value;
}

/** The problem that an answer is. A proxy in between may answer with anything. */
export function problemOf(response: Response, body: unknown): Problem {
  if (isBody(body)) return new Problem(response.status, body, response.headers);
  return new Problem(
    response.status,
    {
      code: `http_${response.status}`,
      title: `The server answered ${response.status} without saying why`,
      detail: 'Something between this browser and Evident may have answered in its place. Try again.',
    },
    response.headers,
  );
}

export function unreachable(): Problem {
  return new Problem(0, {
    code: UNREACHABLE,
    title: 'The server cannot be reached',
    detail: 'The network or the server is away. What is on the page stays; try again in a moment.',
  });
}

/** A reason as a sentence. A name that it begins with, such as `return_to`, stays what it is. */
export function asSentence(reason: string): string {
  return /^[a-z]+[ ,]/.test(reason) ? reason.charAt(0).toUpperCase() + reason.slice(1) : reason;
}

/** What is told of anything that went wrong. */
export function explain(error: unknown): string {
  if (error instanceof Problem) {
    const entries = error.entries
      .map((entry) => entry.reason)
      .filter((reason) => !error.message.includes(reason));
    return [error.message, ...entries].map(asSentence).join(' ');
  }
  return 'Something went wrong in this page. Reload it and try again.';
}
