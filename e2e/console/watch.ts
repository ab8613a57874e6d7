/**
 * What must not happen on any page: an error in the console, an exception, something that the
 * Content-Security-Policy refuses, a request to another host, a request that fails or is refused.
 *
 * A test says ahead which refusals are what it is about.
 */
import type { BrowserContext, Page, Request } from 'playwright-core';

/** A refusal that is to be expected: the status, and how the path begins. */
export interface Refusal {
  readonly status: number;
  readonly path: string;
}

/** Answers by which pages learn how things are: that nobody is signed in, and that there is no provider to sign in by. */
const USUAL: readonly Refusal[] = [
  { status: 401, path: '/v1/auth/session' },
  { status: 404, path: '/v1/sso' },
];
/** What browsers say of each refusal besides; the refusal itself is looked at here. */
const SAYS_REFUSED = 'Failed to load resource';
/** Whoever leaves a page breaks off what it still asks. */
const BROKEN_OFF = 'net::ERR_ABORTED';
const TOLD = 'evidentTestTold';

export class Watch {
  readonly #found: string[] = [];
  readonly #expected: Refusal[] = [...USUAL];
  readonly #origin: string;
  #isNetworkBad = false;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** From now on this refusal is no trouble. */
  expect(status: number, path: string): void {
    this.#expected.push({ status, path });
  }

  /** From now on it is no trouble that a request gets no answer. */
  expectFailures(): void {
    this.#isNetworkBad = true;
  }

  /** What has gone wrong so far. */
  get troubles(): readonly string[] {
    return this.#found;
  }

  /** Watches all pages of a context, also those that open later. */
  async over(context: BrowserContext): Promise<void> {
    await context.exposeFunction(TOLD, (what: string) => this.#found.push(`refused by policy: ${what}`));
    await context.addInitScript((told) => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const tell = (window as unknown as Record<string, (what: string) => void>)[told];
        tell?.(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    }, TOLD);
    context.on('page', (page) => this.#page(page));
    context.on('request', (request) => this.#request(request));
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? 'unknown';
      if (why !== BROKEN_OFF && !this.#isNetworkBad) this.#found.push(`failed: ${request.url()}: ${why}`);
    });
    context.on('response', (response) => {
      const { pathname } = new URL(response.url());
      const status = response.status();
      const is = (refusal: Refusal) => refusal.status === status && pathname.startsWith(refusal.path);
      if (status >= 400 && !this.#expected.some(is)) {
        this.#found.push(`answered ${status}: ${response.request().method()} ${response.url()}`);
      }
    });
  }

  #page(page: Page): void {
    page.on('pageerror', (error) => this.#found.push(`exception: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !text.startsWith(SAYS_REFUSED)) {
        this.#found.push(`console: ${text}`);
      }
    });
  }

  #request(request: Request): void {
    const url = new URL(request.url());
    const isLocal = ['data:', 'blob:', 'about:'].includes(url.protocol);
    if (!isLocal && url.origin !== this.#origin) this.#found.push(`another host: ${request.url()}`);
  }
}
