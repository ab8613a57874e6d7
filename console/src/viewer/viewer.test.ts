import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event, EventPage } from './connection';
import { SKELETON_AFTER_MS } from './element';

const SERVER = 'https://evident.example';

interface Asked {
  url: URL;
  headers: Headers;
  signal: AbortSignal | undefined;
  answer: (response: Response) => void;
  fail: () => void;
}

/** The requests that wait for their answers. */
let asked: Asked[] = [];

class NoSheet {
  replaceSync(): void {}
}

interface LogElement extends HTMLElement {
  token: string;
}

function event(number: number, more: Partial<Event> = {}): Event {
  return {
    id: `id-${number}`,
    index: number,
    action: 'role.created',
    name: `Event ${number}`,
    actor: { type: 'user', id: 'usr_1', name: 'Ada' },
    badge: '',
    catalog_version: '1',
    category: 'Roles',
    event_type: 'User Actions',
    level: 'organization',
    occurred_at: `2026-11-22T06:00:${String(number % 60).padStart(2, '0')}.000000Z`,
    received_at: '2026-11-22T06:00:00.000000Z',
    organization_id: 'org_1',
    phase: 'outcome',
    result: 'success',
    description: `What happened, ${number}`,
    ...more,
  };
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

function page(events: readonly Event[], more: Partial<EventPage> = {}): Response {
  const usual = { total: events.length, next_cursor: null, prev_cursor: null, as_of: 100, took_ms: 1 };
  return json({ data: events, ...usual, ...more });
}

function problem(status: number, code: string, detail = 'It says why.'): Response {
  return json(
    { type: `urn:evident:problem:${code}`, code, title: `Title of ${code}`, status, detail },
    status,
  );
}

function element(attributes: Record<string, string> = {}, token = 'evident_viewer_1'): LogElement {
  const made = document.createElement('evident-log') as LogElement;
  for (const [name, value] of Object.entries({ src: SERVER, ...attributes })) made.setAttribute(name, value);
  if (token !== '') made.token = token;
  document.body.append(made);
  return made;
}

function shadow(of: Element): ShadowRoot {
  if (of.shadowRoot === null) throw new Error('it has no shadow root');
  return of.shadowRoot;
}

/** All that is read in it. */
const text = (of: Element) => shadow(of).textContent;
const rows = (of: Element) => [...shadow(of).querySelectorAll<HTMLElement>('.body .row')];
const find = <T extends HTMLElement>(of: Element, selector: string, kind: abstract new () => T): T => {
  const found = shadow(of).querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`there is no ${selector}`);
  return found;
};
function press(of: Element, label: string): void {
  const all = [...shadow(of).querySelectorAll('button')];
  const found = all.find((one) => one.textContent === label || one.getAttribute('aria-label') === label);
  if (found === undefined) throw new Error(`there is no button ${label}`);
  found.click();
}

const nth = async (at: number): Promise<Asked> => {
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(at));
  const found = asked[at];
  if (found === undefined) throw new Error('nothing was asked');
  return found;
};

async function showing(attributes: Record<string, string>, response: Response): Promise<LogElement> {
  const log = element(attributes);
  (await nth(0)).answer(response);
  await vi.waitFor(() => expect(text(log)).toMatch(/\d events?/));
  return log;
}

/** A stream that is written to by hand. */
function stream(): { response: Response; send: (sent: Event) => void } {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (own) => void (controller = own) });
  return {
    response: new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    send: (sent) => {
      controller?.enqueue(encoder.encode(`id: ${sent.index}\ndata: ${JSON.stringify(sent)}\n\n`));
    },
  };
}

beforeEach(async () => {
  asked = [];
  vi.stubGlobal('CSSStyleSheet', NoSheet);
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    return new Promise<Response>((answer, reject) => {
      const signal = init.signal ?? undefined;
      const fail = () => reject(new TypeError('Failed to fetch'));
      signal?.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
      asked.push({ url: new URL(url), headers: new Headers(init.headers), signal, answer, fail });
    });
  });
  // jsdom scrolls nothing.
  Element.prototype.scrollIntoView = () => undefined;
  await import('./main');
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe('what is asked', () => {
  it('asks the server of src with the token in a header, and nowhere else', async () => {
    element({ query: 'result=denied&range=last_7_days&q=role', 'page-size': '20' });
    const { url, headers } = await nth(0);
    expect(url.origin + url.pathname).toBe(`${SERVER}/v1/events`);
    expect(headers.get('authorization')).toBe('Bearer evident_viewer_1');
    expect(url.href).not.toContain('evident_viewer_1');
    expect(url.searchParams.get('result')).toBe('denied');
    expect(url.searchParams.get('range')).toBe('last_7_days');
    expect(url.searchParams.get('q')).toBe('role');
    expect(url.searchParams.get('limit')).toBe('20');
  });

  it('keeps the path that a server is mounted at', async () => {
    element({ src: `${SERVER}/audit` });
    expect((await nth(0)).url.pathname).toBe('/audit/v1/events');
  });

  it('asks once for all attributes that are set together', async () => {
    const log = element();
    log.setAttribute('columns', 'action');
    log.setAttribute('page-size', '7');
    log.setAttribute('query', 'result=failed');
    await nth(0);
    expect(asked.map(({ url }) => url.searchParams.get('limit'))).toEqual(['7']);
  });

  it('asks nothing without a token, and says so', async () => {
    const log = element({}, '');
    await vi.waitFor(() => expect(text(log)).toContain('Nothing to show yet'));
    expect(asked).toEqual([]);
  });

  it('sends no token to what is no web address', async () => {
    const log = element({ src: 'javascript:alert(1)' });
    await vi.waitFor(() => expect(text(log)).toContain('This log has no address'));
    expect(asked).toEqual([]);
  });

  it('takes a token that was set before the script came', async () => {
    const log = document.createElement('evident-log');
    Object.defineProperty(log, 'token', {
      value: 'early',
      configurable: true,
      writable: true,
      enumerable: true,
    });
    log.setAttribute('src', SERVER);
    document.body.append(log);
    expect((await nth(0)).headers.get('authorization')).toBe('Bearer early');
  });

  it('does not put a token that was set as a property into an attribute', () => {
    expect(element().outerHTML).not.toContain('evident_viewer_1');
  });

  it('asks anew for what is chosen, and lets go of what was asked before', async () => {
    const log = element();
    const first = await nth(0);
    const select = find(log, '#result', HTMLSelectElement);
    select.value = 'failed';
    select.dispatchEvent(new globalThis.Event('change'));
    const second = await nth(1);
    expect(first.signal?.aborted).toBe(true);
    expect(second.url.searchParams.getAll('result')).toEqual(['failed']);
    second.answer(page([event(2)]));
    await vi.waitFor(() => expect(text(log)).toContain('Event 2'));
  });

  it('searches when Enter is pressed, and not what the server would refuse', async () => {
    const log = await showing({}, page([event(1)]));
    const input = find(log, '#search', HTMLInputElement);
    input.value = 'request.body:x';
    find(log, 'form', HTMLElement).dispatchEvent(new SubmitEvent('submit', { cancelable: true }));
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(asked.length).toBe(1);
    input.value = 'ada';
    find(log, 'form', HTMLElement).dispatchEvent(new SubmitEvent('submit', { cancelable: true }));
    expect((await nth(1)).url.searchParams.get('q')).toBe('ada');
  });
});

describe('what is shown', () => {
  it('shows the columns that are asked for, and the exact total', async () => {
    const log = await showing({ columns: 'action, nonsense,result' }, page([event(1)], { total: 12345 }));
    const heads = [...shadow(log).querySelectorAll('[role=columnheader]')].map((head) => head.textContent);
    expect(heads).toEqual(['Action', 'Result', 'Actions']);
    expect(text(log)).toContain('12,345 events');
    expect(find(log, '[role=grid]', HTMLElement).getAttribute('aria-rowcount')).toBe('12346');
  });

  it('takes text of events for text, whatever it says', async () => {
    const hostile = '<img src=x onerror="globalThis.hacked = true">\u202Egnp.exe';
    const log = await showing(
      { columns: 'event,description,user,action' },
      page([
        event(1, {
          name: hostile,
          description: hostile,
          action: hostile,
          actor: { type: hostile, id: hostile, name: hostile, metadata: { [hostile]: hostile } },
          targets: [{ type: hostile, id: hostile, metadata: { [hostile]: { [hostile]: hostile } } }],
          changes: [{ field: hostile, old: { [hostile]: 1 }, new: { [hostile]: hostile } }],
          request: { path: hostile, body: hostile, response: { [hostile]: hostile } },
          metadata: { [hostile]: [hostile], tree: { [hostile]: hostile } },
          reason: hostile,
        }),
      ]),
    );
    rows(log)[0]?.click();
    for (const details of shadow(log).querySelectorAll('details')) {
      details.dispatchEvent(new globalThis.Event('toggle'));
    }
    expect(shadow(log).querySelectorAll('img, script, a, iframe, [onerror]').length).toBe(0);
    expect(text(log)).toContain('<img src=x');
    expect(shadow(log).textContent).not.toContain('\u202E');
    for (const one of shadow(log).querySelectorAll('*')) {
      for (const { name, value } of one.attributes) expect(`${name}=${value}`).not.toContain('\u202E');
    }
    expect(text(log)).toContain('‹U+202E›');
  });

  it('opens an event beside the list, leafs, and goes back to its row', async () => {
    const log = await showing({}, page([event(2), event(1)]));
    rows(log)[0]?.click();
    const panel = find(log, '.panel', HTMLElement);
    expect(panel.getAttribute('aria-label')).toBe('Event: Event 2');
    expect(shadow(log).activeElement).toBe(panel);
    press(log, 'Next event');
    expect(panel.getAttribute('aria-label')).toBe('Event: Event 1');
    expect(panel.textContent).toContain('2 of 2 events');
    panel.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(shadow(log).querySelector('.panel')).toBeNull();
    expect(shadow(log).activeElement).toBe(rows(log)[1]);
  });

  it('moves by keys, with one row that the Tab key stops at', async () => {
    const log = await showing({}, page([event(3), event(2), event(1)]));
    const key = (name: string) =>
      shadow(log).activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }),
      );
    rows(log)[0]?.focus();
    key('ArrowDown');
    key('j');
    expect(shadow(log).activeElement).toBe(rows(log)[2]);
    expect(rows(log).map(({ tabIndex }) => tabIndex)).toEqual([-1, -1, 0]);
    key('Home');
    key('Enter');
    expect(find(log, '.panel', HTMLElement).getAttribute('aria-label')).toBe('Event: Event 3');
  });

  it('says that nothing matches, and resets to what the page asked for', async () => {
    const log = await showing({ query: 'q=role' }, page([event(1)]));
    const select = find(log, '#range', HTMLSelectElement);
    select.value = 'today';
    select.dispatchEvent(new globalThis.Event('change'));
    (await nth(1)).answer(page([]));
    await vi.waitFor(() => expect(text(log)).toContain('No events match'));
    press(log, 'Reset');
    const { searchParams } = (await nth(2)).url;
    expect([searchParams.get('q'), searchParams.get('range')]).toEqual(['role', 'last_30_days']);
  });

  it('tells why it is forbidden, and does not offer to try again', async () => {
    const log = element();
    (await nth(0)).answer(problem(403, 'other_origin', 'The issuer does not list this origin.'));
    await vi.waitFor(() => expect(text(log)).toContain('The issuer does not list this origin.'));
    expect(text(log)).not.toContain('Try again');
  });

  it('offers to try again when the server cannot be reached', async () => {
    const log = element();
    (await nth(0)).fail();
    await vi.waitFor(() => expect(text(log)).toContain('The server cannot be reached'));
    press(log, 'Try again');
    (await nth(1)).answer(page([event(1)]));
    await vi.waitFor(() => expect(rows(log).length).toBe(1));
  });

  it('draws a skeleton only once the answer takes long', async () => {
    const log = element();
    await nth(0);
    expect(shadow(log).querySelector('.skeleton')).toBeNull();
    await vi.waitFor(() => expect(shadow(log).querySelector('.skeleton')).not.toBeNull(), {
      timeout: SKELETON_AFTER_MS * 20,
    });
  });

  it('follows its theme, and takes anything else for the system’s', async () => {
    const log = element({ theme: 'dark' });
    const theme = () => find(log, '.tokens', HTMLElement).dataset['theme'];
    await vi.waitFor(() => expect(theme()).toBe('dark'));
    log.setAttribute('theme', 'pink');
    await vi.waitFor(() => expect(theme()).toBe('auto'));
  });
});

describe('pages', () => {
  it('shows the next page below, each event once, and the rows before stay the same', async () => {
    const log = await showing({}, page([event(3), event(2)], { total: 3, next_cursor: 'c1' }));
    const before = rows(log);
    press(log, 'Load more');
    const { url, answer } = await nth(1);
    expect(url.searchParams.get('cursor')).toBe('c1');
    answer(page([event(2), event(1)], { total: 3 }));
    await vi.waitFor(() => expect(rows(log).length).toBe(3));
    expect(rows(log).slice(0, 2)).toEqual(before);
    expect(text(log)).not.toContain('Load more');
  });

  it('keeps what is there when the next page fails', async () => {
    const log = await showing({}, page([event(1)], { total: 2, next_cursor: 'c1' }));
    press(log, 'Load more');
    (await nth(1)).answer(problem(500, 'internal'));
    await vi.waitFor(() => expect(text(log)).toContain('Title of internal'));
    expect(rows(log).length).toBe(1);
    press(log, 'Load more');
    expect((await nth(2)).url.searchParams.get('cursor')).toBe('c1');
  });
});

describe('a token that is over', () => {
  it('is told to the page once, and with the next one the list is read', async () => {
    const log = element();
    const told = vi.fn();
    document.body.addEventListener('tokenexpired', told);
    (await nth(0)).answer(problem(401, 'unauthenticated'));
    await vi.waitFor(() => expect(text(log)).toContain('Access has ended'));
    expect(told).toHaveBeenCalledTimes(1);
    log.token = 'evident_viewer_2';
    const { headers, answer } = await nth(1);
    expect(headers.get('authorization')).toBe('Bearer evident_viewer_2');
    answer(page([event(1)]));
    await vi.waitFor(() => expect(rows(log).length).toBe(1));
    expect(text(log)).not.toContain('Access has ended');
    document.body.removeEventListener('tokenexpired', told);
  });

  it('takes nothing away that is shown, and goes on at the page that it stopped at', async () => {
    const log = await showing({}, page([event(2)], { total: 2, next_cursor: 'c1' }));
    press(log, 'Load more');
    (await nth(1)).answer(problem(401, 'unauthenticated'));
    await vi.waitFor(() => expect(text(log)).toContain('Access has ended'));
    expect(rows(log).length).toBe(1);
    log.token = 'evident_viewer_2';
    const { url, answer } = await nth(2);
    expect(url.searchParams.get('cursor')).toBe('c1');
    answer(page([event(1)], { total: 2 }));
    await vi.waitFor(() => expect(rows(log).length).toBe(2));
    expect(text(log)).not.toContain('Access has ended');
  });
});

describe('live', () => {
  it('follows after the list’s last event and puts what comes on top', async () => {
    const log = await showing({ live: '' }, page([event(1)], { as_of: 41 }));
    const tail = await nth(1);
    expect(tail.url.pathname).toBe('/v1/events/tail');
    expect(tail.headers.get('last-event-id')).toBe('40');
    const { response, send } = stream();
    tail.answer(response);
    send(event(50));
    await vi.waitFor(() => expect(rows(log).length).toBe(2));
    expect(rows(log)[0]?.textContent).toContain('Event 50');
    expect(text(log)).toContain('2 events');
  });

  it('holds back what comes while one reads further down', async () => {
    const log = await showing({ live: '' }, page([event(1)]));
    find(log, '.frame', HTMLElement).scrollTop = 500;
    const { response, send } = stream();
    (await nth(1)).answer(response);
    send(event(50));
    await vi.waitFor(() => expect(text(log)).toContain('1 new event'));
    expect(rows(log).length).toBe(1);
    press(log, '1 new event');
    expect(rows(log).length).toBe(2);
  });

  it('stops when it is told to, and does not follow unless it is asked', async () => {
    const log = await showing({ live: '' }, page([event(1)]));
    const tail = await nth(1);
    press(log, 'Live');
    expect(tail.signal?.aborted).toBe(true);
  });

  it('goes on after the last event with the next token', async () => {
    const log = await showing({ live: '' }, page([event(1)]));
    const { response, send } = stream();
    (await nth(1)).answer(response);
    send(event(50));
    await vi.waitFor(() => expect(rows(log).length).toBe(2));
    log.token = 'evident_viewer_2';
    const next = await nth(2);
    expect(next.headers.get('last-event-id')).toBe('50');
    expect(next.headers.get('authorization')).toBe('Bearer evident_viewer_2');
  });
});

describe('its life in the page', () => {
  it('asks for nothing any more once it is taken out, and goes on when it is put back', async () => {
    const log = await showing({ live: '' }, page([event(1)]));
    const tail = await nth(1);
    log.remove();
    expect(tail.signal?.aborted).toBe(true);
    document.body.append(log);
    expect((await nth(2)).url.pathname).toBe('/v1/events/tail');
    expect(rows(log).length).toBe(1);
  });

  it('lets go of a list that is on its way', async () => {
    const log = element();
    const { signal } = await nth(0);
    log.remove();
    expect(signal?.aborted).toBe(true);
  });

  it('does not meet another one', async () => {
    const one = await showing({}, page([event(1)]));
    const other = element({ query: 'result=denied' }, 'evident_viewer_9');
    (await nth(1)).answer(page([event(2)]));
    await vi.waitFor(() => expect(rows(other).length).toBe(1));
    expect(text(one)).toContain('Event 1');
    expect(text(one)).not.toContain('Event 2');
  });

  it('forgets what another server showed', async () => {
    const log = await showing({}, page([event(1)]));
    log.setAttribute('src', 'https://other.example');
    await nth(1);
    expect(rows(log)).toEqual([]);
  });
});
