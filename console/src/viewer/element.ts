/**
 * The element `<evident-log>`: events of an Evident server, in a page of somebody else.
 *
 * It knows no session: what it may show is what its token may read. It must hold that nothing of it is seen
 * outside (it has a shadow root, and no global but its name), that several of them do not meet, and that one
 * that is taken out of its page asks for nothing any more.
 */
import { describeConditions } from '../lib/query/describe';
import { searchedRuns } from '../lib/query/search';
import { effectiveRange, type QueryState, toApi } from '../lib/query/state';
import { plural } from '../lib/text/numbers';
import { ownWeekStart } from '../lib/time/week-start';
import { ownZone } from '../lib/time/zones';
import { baseOf, Connection, type Event } from './connection';
import { Detail } from './detail';
import { arrange, button, make } from './dom';
import { Log, type LogState, NOTHING } from './log';
import { noticeOf } from './notices';
import type { TableLook } from './row';
import { type Attribute, ATTRIBUTES, readSettings, type Settings } from './settings';
import { styleSheet } from './style';
import { Table } from './table';
import { Toolbar } from './toolbar';

/** Below this width, in pixels, rows are cards. */
const CARDS_BELOW_PX = 560;
/** How often it is said again how long ago something was, in milliseconds. */
const REFRESH_MS = 10_000;
/** How long it is shown that something was copied, in milliseconds. */
const SAID_MS = 2500;
/** A skeleton comes only after this, in milliseconds: most answers are there before. */
export const SKELETON_AFTER_MS = 150;

/** The server that the script came from: it is served in a folder of it. */
function ownServer(): string {
  const script = import.meta.url;
  return baseOf('..', script) ?? '';
}

export class EvidentLogElement extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  private readonly root = make('div', { class: 'log' });
  private readonly shell = make('div', { class: 'tokens' }, this.root);
  private readonly toolbar: Toolbar;
  private readonly table: Table;
  private readonly detail: Detail;
  private readonly total = make('span', { class: 'total', role: 'status' });
  private readonly conditions = make('span', { class: 'conditions' });
  private readonly saying = make('span', { class: 'saying', role: 'status' });
  private readonly expired = make(
    'p',
    { class: 'banner', part: 'notice', role: 'status' },
    'Access has ended. What was loaded stays; this page has to renew it.',
  );
  private readonly reset: HTMLButtonElement;
  private readonly news: HTMLButtonElement;
  private readonly content = make('div', { class: 'content-area' });
  private readonly log: Log;

  private settings: Settings = readSettings(() => null);
  private state: QueryState = this.settings.state;
  private tokenText = '';
  private server = '';
  private isLive = false;
  private isRelative = false;
  private isNarrow = false;
  private openId: string | undefined;
  private notice: { key: string; element: HTMLElement | undefined } = { key: '', element: undefined };
  private look: TableLook | undefined;
  private pending = new Set<Attribute | 'all'>();
  private sizes: ResizeObserver | undefined;
  private refreshing: ReturnType<typeof setInterval> | undefined;
  private unsaying: ReturnType<typeof setTimeout> | undefined;
  private waited: ReturnType<typeof setTimeout> | undefined;
  private hasWaited = false;

  constructor() {
    super();
    const onCopy = (text: string, what: string) => void this.copy(text, what);
    this.log = new Log({
      onChange: (state) => this.render(state),
      onExpired: () => this.dispatchEvent(new CustomEvent('tokenexpired', { bubbles: true, composed: true })),
      isAtTop: () => this.table.isAtTop,
    });
    this.toolbar = new Toolbar({
      onChange: (change) => this.change(change),
      onLive: (isLive) => {
        this.isLive = isLive;
        this.ask();
      },
      onRelative: (isRelative) => {
        this.isRelative = isRelative;
        this.render(this.log.state);
      },
    });
    this.table = new Table({
      onOpen: (event) => this.open(event),
      onMore: () => this.log.more(),
      onScroll: () => {
        if (this.table.isAtTop && this.isLive && this.log.state.held > 0) this.log.showHeld();
      },
      onCopy,
    });
    this.detail = new Detail({ onClose: () => this.close(), onMove: (by) => this.leaf(by), onCopy });
    this.reset = button({ class: 'button quiet', onPress: () => this.change(this.settings.state) }, 'Reset');
    this.news = button({
      class: 'button news',
      onPress: () => {
        this.log.showHeld();
        this.table.toTop();
      },
    });
    const summary = make(
      'div',
      { class: 'summary', part: 'summary' },
      this.total,
      this.conditions,
      this.reset,
      this.saying,
    );
    this.root.append(this.toolbar.element, summary, this.content);
    this.root.addEventListener('keydown', (press) => this.press(press));
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.shell);
  }

  /** The viewer token. As a property it is in no attribute, where other scripts would find it. */
  get token(): string {
    return this.tokenText;
  }

  set token(token: string) {
    if (token === this.tokenText) return;
    this.tokenText = token;
    this.later('token');
  }

  connectedCallback(): void {
    this.takeEarlyToken();
    if (!this.hasAttribute('role')) this.setAttribute('role', 'region');
    if (!this.hasAttribute('aria-label') && !this.hasAttribute('aria-labelledby')) {
      this.setAttribute('aria-label', 'Audit log');
    }
    this.refreshing = setInterval(() => this.table.refreshTimes(), REFRESH_MS);
    if ('ResizeObserver' in globalThis) {
      this.sizes = new ResizeObserver(() => this.measure());
      this.sizes.observe(this);
    }
    this.later('all');
  }

  disconnectedCallback(): void {
    this.log.stop();
    this.toolbar.dispose();
    this.sizes?.disconnect();
    clearInterval(this.refreshing);
    clearTimeout(this.unsaying);
    clearTimeout(this.waited);
  }

  attributeChangedCallback(name: Attribute, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === 'token') this.token = now ?? '';
    else this.later(name);
  }

  /** What was set before this script came is a plain property, and hides the one that works. */
  private takeEarlyToken(): void {
    if (!Object.hasOwn(this, 'token')) return;
    const early: unknown = this.token;
    Reflect.deleteProperty(this, 'token');
    if (typeof early === 'string') this.token = early;
  }

  /** Attributes come one by one; what follows from them follows once. */
  private later(changed: Attribute | 'all'): void {
    const isFirst = this.pending.size === 0;
    this.pending.add(changed);
    if (isFirst) queueMicrotask(() => this.apply());
  }

  private apply(): void {
    const changed = this.pending;
    this.pending = new Set();
    if (!this.isConnected) return;
    const isAll = changed.has('all');
    const before = this.settings;
    this.settings = readSettings((name) => this.getAttribute(name));
    this.shell.dataset['theme'] = this.settings.theme;
    if (changed.has('query') || (isAll && this.log.state === NOTHING)) this.state = this.settings.state;
    if (isAll || before.isLive !== this.settings.isLive) this.isLive = this.settings.isLive;
    const { src } = this.settings;
    const server = src === undefined ? ownServer() : (baseOf(src, document.baseURI) ?? '');
    if (server !== this.server && this.server !== '') {
      this.close();
      this.log.clear();
    }
    const isOther = server !== this.server;
    this.server = server;
    this.ask();
    if (isAll || isOther || changed.has('token')) this.connect();
    this.render(this.log.state);
  }

  private connect(): void {
    const isReady = this.server !== '' && this.tokenText !== '';
    this.log.connect(isReady ? new Connection(this.server, this.tokenText) : undefined);
  }

  private ask(): void {
    const { pageSize } = this.settings;
    this.log.ask({ query: toApi(this.state, this.defaults()), pageSize, isLive: this.isLive });
    this.render(this.log.state);
  }

  private defaults() {
    return { defaultZone: ownZone(), defaultWeekStart: ownWeekStart() };
  }

  private change(change: Partial<QueryState>): void {
    this.state = { ...this.state, ...change };
    this.table.toTop();
    this.ask();
  }

  private get zone(): string {
    return this.state.tz ?? ownZone();
  }

  private render(state: LogState): void {
    const { zone } = this;
    this.toolbar.show({
      state: this.state,
      range: effectiveRange(this.state),
      zone,
      isLive: this.settings.isLive ? this.isLive : undefined,
      isRelative: this.isRelative,
    });
    this.showSummary(state);
    const open = state.events.find(({ id }) => id === this.openId);
    if (open === undefined) this.openId = undefined;
    this.table.show(state, this.tableLook(zone), this.openId);
    this.showContent(state, open);
    this.root.dataset['live'] = state.live;
    this.root.classList.toggle('opened', open !== undefined);
  }

  /** The same object as long as nothing of it changes, so that rows stay. */
  private tableLook(zone: string): TableLook {
    const { columns } = this.settings;
    const { isRelative, isNarrow: isCards, look } = this;
    const words = searchedRuns(this.state.q);
    const isSame =
      look?.zone === zone &&
      look.isRelative === isRelative &&
      look.isCards === isCards &&
      look.columns.join() === columns.join() &&
      JSON.stringify(look.words) === JSON.stringify(words);
    if (isSame) return look;
    this.look = { zone, isRelative, isCards, columns, words };
    return this.look;
  }

  private showSummary({ phase, total, isStale, live, held }: LogState): void {
    const words = phase === 'shown' ? plural(total, 'event') : '';
    if (this.total.textContent !== words) this.total.textContent = words;
    this.total.classList.toggle('stale', isStale);
    // What the toolbar shows need not be said again.
    const conditions = describeConditions({ ...this.state, q: '', eventTypes: [], results: [] });
    this.conditions.textContent = [...conditions, liveWords(live)].filter((text) => text !== '').join(' · ');
    this.reset.hidden = !this.isChanged;
    this.news.textContent = plural(held, 'new event');
  }

  private get isChanged(): boolean {
    return JSON.stringify(this.state) !== JSON.stringify(this.settings.state);
  }

  private showContent(state: LogState, open: Event | undefined): void {
    this.waitForSkeleton(state);
    const { phase, events, problem, isExpired, isStale, held } = state;
    const look = { isMisaddressed: this.server === '', isChanged: this.isChanged };
    const isEmpty = events.length === 0;
    const key = JSON.stringify([phase, isEmpty, problem?.code, problem?.detail, isExpired, look]);
    if (key !== this.notice.key) {
      const onReset = () => this.change(this.settings.state);
      this.notice = { key, element: noticeOf(state, look, { onRetry: () => this.log.reload(), onReset }) };
    }
    const notice = phase === 'loading' && !this.hasWaited ? undefined : this.notice.element;
    this.content.setAttribute('aria-busy', String(phase === 'loading' || isStale));
    arrange(this.content, [
      ...(isExpired && phase === 'shown' ? [this.expired] : []),
      ...(held > 0 && phase === 'shown' ? [this.news] : []),
      ...(isEmpty ? [] : [this.table.element]),
      ...(notice === undefined ? [] : [notice]),
      ...(open === undefined ? [] : [this.detail.element]),
    ]);
    if (open !== undefined) this.showDetail(open, state);
  }

  private waitForSkeleton({ phase }: LogState): void {
    if (phase !== 'loading') {
      clearTimeout(this.waited);
      this.waited = undefined;
      this.hasWaited = false;
    } else {
      this.waited ??= setTimeout(() => {
        this.hasWaited = true;
        this.render(this.log.state);
      }, SKELETON_AFTER_MS);
    }
  }

  private showDetail(event: Event, { events, total }: LogState): void {
    const at = events.indexOf(event);
    this.detail.show(event, {
      zone: this.zone,
      position: `${at + 1} of ${plural(total, 'event')}`,
      hasPrevious: at > 0,
      hasNext: at + 1 < events.length,
    });
  }

  private open(event: Event): void {
    this.openId = event.id;
    this.render(this.log.state);
    this.detail.element.focus({ preventScroll: true });
  }

  private close(): void {
    if (this.openId === undefined) return;
    this.openId = undefined;
    this.detail.forget();
    this.render(this.log.state);
    // Whoever closes the event goes on from its row.
    this.table.focus();
  }

  private leaf(by: number): void {
    const { events } = this.log.state;
    const event = events[events.findIndex(({ id }) => id === this.openId) + by];
    if (event === undefined) return;
    this.openId = event.id;
    this.render(this.log.state);
    if (events.at(-1) === event) this.log.more();
  }

  private measure(): void {
    const isNarrow = this.root.clientWidth > 0 && this.root.clientWidth < CARDS_BELOW_PX;
    if (isNarrow === this.isNarrow) return;
    this.isNarrow = isNarrow;
    this.render(this.log.state);
  }

  /** Keys count within the element alone, and not while somebody writes. */
  private press(press: KeyboardEvent): void {
    if (press.ctrlKey || press.metaKey || press.altKey || press.defaultPrevented) return;
    const { target, key } = press;
    if (key === 'Escape' && this.openId !== undefined) {
      this.close();
    } else if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      return;
    } else if (key === '/') {
      this.toolbar.focusSearch();
    } else if (this.openId !== undefined && (key === 'j' || key === 'k')) {
      this.leaf(key === 'j' ? 1 : -1);
    } else if (key === 'c') {
      const event = this.table.current;
      if (event === undefined) return;
      void this.copy(JSON.stringify(event, null, 2), 'Event as JSON');
    } else {
      return;
    }
    press.preventDefault();
  }

  private async copy(text: string, what: string): Promise<void> {
    let said = `${what} copied`;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      said = `${what} was not copied: the browser does not allow it here`;
    }
    this.saying.textContent = said;
    clearTimeout(this.unsaying);
    this.unsaying = setTimeout(() => (this.saying.textContent = ''), SAID_MS);
  }
}

function liveWords(live: LogState['live']): string {
  if (live === 'broken' || live === 'connecting') return 'connecting …';
  return live === 'refused' ? 'no longer live' : '';
}
