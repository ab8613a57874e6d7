/** One event, all of it, as a panel beside the table or over it. Nothing of the event before it is left. */
import { agoLabel } from '../components/detail/ago';
import { parsedBody } from '../components/detail/bodies';
import { metadataRows, plainItems } from '../components/detail/metadata-rows';
import { fieldLabel } from '../lib/query/known-fields';
import { pathOf } from '../lib/query/fields';
import { eventJson } from '../lib/text/copy';
import { visibleText } from '../lib/text/visible';
import { absoluteTime } from '../lib/time/formats';
import { badge, eventTypeBadge, resultBadge } from './badges';
import { changesList } from './changes';
import type { Event, Party } from './connection';
import { button, make } from './dom';
import { icon } from './icons';
import { jsonBlock } from './json';
import { partyName } from './party';
import { said, shown } from './texts';

/** Resources that are shown; the event's JSON has them all. */
export const MAX_RESOURCES = 50;
/** Statuses from this on are errors. */
const FIRST_ERROR = 400;

export interface DetailActions {
  readonly onClose: () => void;
  readonly onMove: (by: number) => void;
  readonly onCopy: (text: string, what: string) => void;
}

export interface DetailPlace {
  readonly zone: string;
  /** Where in the list it stands, as in "12 of 1,234". */
  readonly position: string;
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

type Copy = DetailActions['onCopy'];

interface Fact {
  readonly name: string;
  readonly value: Node;
  /** What its button copies; it has none without. */
  readonly copies?: string;
}

export class Detail {
  readonly element = make('div', { role: 'group', class: 'panel', part: 'panel', tabindex: -1 });
  private eventId: string | undefined;
  private readonly bar = make('div', { class: 'bar' });
  private readonly position = make('span', { class: 'position' });
  private readonly previous: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private readonly heading = make('div', { class: 'heading' });
  // It scrolls, so a keyboard has to reach it.
  private readonly body = make('div', {
    class: 'parts',
    tabindex: 0,
    role: 'group',
    'aria-label': 'Details',
  });
  private event: Event | undefined;

  constructor(private readonly actions: DetailActions) {
    const small = (label: string, name: 'previous' | 'next' | 'copy' | 'close', onPress: () => void) =>
      button({ label, class: 'button small quiet', onPress }, icon(name));
    this.previous = small('Previous event', 'previous', () => actions.onMove(-1));
    this.next = small('Next event', 'next', () => actions.onMove(1));
    const copy = small('Copy event as JSON', 'copy', () =>
      actions.onCopy(eventJson(this.event), 'Event as JSON'),
    );
    const close = small('Close', 'close', actions.onClose);
    this.bar.append(this.previous, this.next, this.position, copy, close);
    this.element.append(this.bar, this.heading, this.body);
  }

  show(event: Event, place: DetailPlace): void {
    this.position.textContent = place.position;
    this.previous.disabled = !place.hasPrevious;
    this.next.disabled = !place.hasNext;
    if (event.id === this.eventId) return;
    this.eventId = event.id;
    this.event = event;
    this.element.setAttribute('aria-label', `Event: ${visibleText(event.name)}`);
    this.heading.replaceChildren(...headingOf(event, place.zone));
    this.body.replaceChildren(...partsOf(event, place.zone, this.actions.onCopy));
    this.body.scrollTop = 0;
  }

  /** So that the same event is drawn anew when it is opened again. */
  forget(): void {
    this.eventId = undefined;
  }
}

function headingOf(event: Event, zone: string): Node[] {
  const { occurred_at: at, description } = event;
  const ago = agoLabel(at, zone, Date.now());
  return [
    make(
      'div',
      { class: 'title' },
      make('h2', {}, shown(event.name)),
      resultBadge(event.result),
      eventTypeBadge(event),
    ),
    make(
      'div',
      { class: 'muted' },
      make('time', { datetime: at }, absoluteTime(at, zone, 'milliseconds')),
      ` ${zone} · ${ago}`,
    ),
    ...(description === undefined ? [] : [make('p', {}, shown(description, { isMultiline: true }))]),
  ];
}

function partsOf(event: Event, zone: string, onCopy: Copy): Node[] {
  const changes = event.changes ?? [];
  const title = changes.length === 1 ? 'Change' : `Changes (${changes.length})`;
  return [
    part('Overview', facts(overview(event, zone), onCopy)),
    ...(changes.length === 0 ? [] : [part(title, ...changesList(changes))]),
    ...authority(event),
    ...resources(event, onCopy),
    ...request(event, onCopy),
    ...circumstances(event, onCopy),
    ...metadata(event, onCopy),
    part('Technical information', facts(technical(event, zone), onCopy)),
  ];
}

function part(title: string, ...content: readonly Node[]): HTMLElement {
  return make('section', { class: 'part' }, make('h3', {}, title), ...content);
}

function facts(all: readonly Fact[], onCopy: Copy): HTMLElement {
  const rows = all.map(({ name, value, copies }) => {
    const copy =
      copies === undefined
        ? undefined
        : button(
            {
              label: `Copy ${visibleText(name)}`,
              class: 'button small quiet',
              onPress: () => onCopy(copies, name),
            },
            icon('copy'),
          );
    return make(
      'div',
      { class: 'fact' },
      make('dt', {}, said(name)),
      make('dd', {}, make('span', {}, value), copy),
    );
  });
  return make('dl', { class: 'facts' }, ...rows);
}

function fact(name: string, text: string | undefined, look: Parameters<typeof shown>[1] = {}): Fact[] {
  return text === undefined || text === '' ? [] : [{ name, value: shown(text, look) }];
}

/** An id: in the type of a machine, to be copied. */
function idFact(name: string, text: string | undefined): Fact[] {
  if (text === undefined || text === '') return [];
  return [{ name, value: shown(text, { mono: true }), copies: text }];
}

function overview(event: Event, zone: string): Fact[] {
  const { actor, action, occurred_at: at, level } = event;
  const kinds = new Set((event.targets ?? []).map(({ type }) => type));
  const who = actor.email ?? partyName(actor);
  const hasBoth = actor.email !== undefined && actor.name !== undefined && actor.name !== '';
  const actorShown = make('span', {}, shown(who));
  if (hasBoth) actorShown.append(make('br'), make('span', { class: 'muted' }, shown(actor.name ?? '')));
  return [
    {
      name: 'Timestamp',
      value: make('time', { datetime: at }, `${absoluteTime(at, zone, 'microseconds')} ${zone}`),
    },
    { name: 'Result', value: resultBadge(event.result) },
    { name: 'Actor', value: actorShown },
    ...idFact('Action', action),
    ...[...kinds].flatMap((kind) => fact('Resource type', kind)),
    ...fact('Category', event.category),
    ...fact('Event type', event.event_type),
    ...fact('Level', level.charAt(0).toUpperCase() + level.slice(1)),
    ...idFact('Project', event.project_id),
    ...fact('Reason', event.reason, { isMultiline: true }),
  ];
}

function authority({ on_behalf_of: chain = [], actor }: Event): Node[] {
  if (chain.length === 0) return [];
  const stop = (party: Party, role: string) =>
    make(
      'li',
      { title: visibleText(party.id) },
      make('span', { class: 'strong' }, shown(partyName(party))),
      make('span', { class: 'muted' }, `${role} · `, shown(party.type)),
    );
  const stops = chain.map((party, at) => stop(party, at === 0 ? 'Root authority' : 'Acts on its behalf'));
  return [part('Authority chain', make('ol', { class: 'chain' }, ...stops, stop(actor, 'Actor')))];
}

function resources({ targets = [] }: Event, onCopy: Copy): Node[] {
  if (targets.length === 0) return [];
  const items = targets.slice(0, MAX_RESOURCES).map((target) => {
    const more = Object.entries(target.metadata ?? {}).map(([key, value]) => ({
      name: fieldLabel(pathOf(['target', 'metadata', key])),
      value: plainValue(value),
    }));
    const all = [
      ...fact('Name', target.name, { strong: true }),
      ...fact('Type', target.type),
      ...idFact('ID', target.id),
      ...fact('Email', target.email),
      ...more,
    ];
    return make('li', {}, facts(all, onCopy));
  });
  const left = targets.length - MAX_RESOURCES;
  const note = left > 0 ? [make('p', { class: 'muted' }, `${left} more are in the event’s JSON.`)] : [];
  const title = targets.length === 1 ? 'Resource' : `Resources (${targets.length})`;
  return [part(title, make('ul', { class: 'resources' }, ...items), ...note)];
}

function request({ request: made }: Event, onCopy: Copy): Node[] {
  if (made === undefined || Object.keys(made).length === 0) return [];
  const { method, path, status, body, response } = made;
  const line = make('div', { class: 'title' });
  if (method !== undefined) line.append(badge('accent', shown(method)));
  if (path !== undefined) line.append(shown(path, { mono: true }));
  if (status !== undefined) {
    line.append(badge(status >= FIRST_ERROR ? 'bad' : 'good', document.createTextNode(String(status))));
  }
  const bodies = [
    ...(body === undefined ? [] : [folded('Request body', parsedBody(body).shown, onCopy)]),
    ...(response === undefined ? [] : [folded('Response', parsedBody(response).shown, onCopy)]),
  ];
  return [part('Request', line, ...bodies)];
}

/** JSON that opens when it is asked for. */
function folded(what: string, value: unknown, onCopy: Copy): HTMLElement {
  const details = make('details', {}, make('summary', {}, said(what)));
  const copy = button(
    { class: 'button small', onPress: () => onCopy(eventJson(value), what) },
    icon('copy'),
    'Copy',
  );
  details.addEventListener(
    'toggle',
    () => details.append(make('div', { class: 'block' }, jsonBlock(value, what), copy)),
    { once: true },
  );
  return details;
}

function circumstances({ context = {} }: Event, onCopy: Copy): Node[] {
  const all = [
    ...idFact('IP address', context.ip),
    ...fact('User agent', context.user_agent, { mono: true }),
    ...idFact('Session ID', context.session_id),
    ...idFact('Run ID', context.run_id),
    ...idFact('Trace ID', context.trace_id),
    ...idFact('Span ID', context.span_id),
  ];
  return all.length === 0 ? [] : [part('Context', facts(all, onCopy))];
}

function metadata(event: Event, onCopy: Copy): Node[] {
  const rows = metadataRows(event.metadata ?? {}, undefined);
  if (rows.length === 0) return [];
  const isTree = (value: unknown) =>
    typeof value === 'object' && value !== null && plainItems(value) === undefined;
  const plain = rows
    .filter(({ value }) => !isTree(value))
    .map(({ label, value }): Fact => {
      const items = plainItems(value);
      if (items === undefined) return { name: label, value: plainValue(value) };
      return {
        name: label,
        value: make('span', {}, ...items.map((item) => make('div', {}, plainValue(item)))),
      };
    });
  const trees = rows.filter(({ value }) => isTree(value));
  return [
    part('Metadata', facts(plain, onCopy), ...trees.map(({ label, value }) => folded(label, value, onCopy))),
  ];
}

/** Any value of JSON in a line. */
function plainValue(value: unknown): Node {
  if (typeof value !== 'string') return said(JSON.stringify(value), { mono: true });
  return value === '' ? make('span', { class: 'faint' }, 'empty text') : shown(value, { isMultiline: true });
}

function technical(event: Event, zone: string): Fact[] {
  return [
    ...idFact('Event ID', event.id),
    ...idFact('Organization ID', event.organization_id),
    ...idFact('Actor ID', event.actor.id),
    ...fact('Actor type', event.actor.type, { mono: true }),
    ...fact('Index', String(event.index), { mono: true }),
    {
      name: 'Received at',
      value: make(
        'time',
        { datetime: event.received_at },
        absoluteTime(event.received_at, zone, 'microseconds'),
      ),
    },
    ...fact('Phase', event.phase, { mono: true }),
    ...idFact('Attempt ID', event.attempt_id),
    ...fact('Catalog version', event.catalog_version, { mono: true }),
  ];
}
