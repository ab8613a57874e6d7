/**
 * The fields that a search can name, with what people call them.
 *
 * It must hold that each is a field of the server, and that every field that all events may have is
 * here. Keys under `metadata` are the senders' own: those come from the API.
 */
import { readField } from './fields';

export interface KnownField {
  readonly name: string;
  readonly label: string;
  readonly description: string;
}

type Row = readonly [name: string, label: string, description: string];

/** What people ask for most comes first. */
const ROWS: readonly Row[] = [
  ['category', 'Category', 'The module or entity concerned, such as Roles'],
  ['event', 'Event', 'The event’s display name, such as Role created'],
  ['user', 'User', 'The actor’s name, email or ID'],
  ['action', 'Action', 'The action, such as role.created; * stands for anything'],
  ['result', 'Result', 'success, failed, denied, warning, approved or allowed'],
  ['event_type', 'Event type', 'One of the five types, such as Security Events'],
  ['actor.id', 'Actor ID', 'Who acted, by ID'],
  ['actor.name', 'Actor name', 'Who acted, by name'],
  ['actor.email', 'Actor email', 'Who acted, by email'],
  ['actor.type', 'Actor type', 'What acted: user, agent, api_key, system'],
  ['authority', 'Authority', 'The actor, or anyone it acted for: name, email or ID'],
  ['target.type', 'Resource type', 'What was acted on, such as guardrail'],
  ['target.id', 'Resource ID', 'What was acted on, by ID'],
  ['target.name', 'Resource name', 'What was acted on, by name'],
  ['target.email', 'Resource email', 'Who was acted on, by email'],
  ['project_id', 'Project', 'The project, by ID'],
  ['level', 'Level', 'organization, project, tool, workflow or agent'],
  ['context.ip', 'IP address', 'The network address it came from'],
  ['context.user_agent', 'User agent', 'The program it came from'],
  ['context.session_id', 'Session ID', 'The session it belongs to'],
  ['context.run_id', 'Run ID', 'The agent’s run it belongs to'],
  ['context.trace_id', 'Trace ID', 'The trace it belongs to; whole values only'],
  ['context.span_id', 'Span ID', 'The span it belongs to; whole values only'],
  ['request.method', 'Request method', 'The HTTP method'],
  ['request.path', 'Request path', 'The path of the HTTP request'],
  ['request.status', 'Request status', 'The HTTP status of the answer'],
  ['changes.field', 'Changed field', 'The name of a field that changed'],
  ['description', 'Description', 'What was done, the whole text'],
  ['reason', 'Reason', 'Why it was done, or why it was refused'],
  ['name', 'Event name', 'The event’s display name, exactly'],
  ['badge', 'Badge', 'What the event’s badge says'],
  ['phase', 'Phase', 'attempt or outcome'],
  ['attempt_id', 'Attempt ID', 'What joins an attempt to its outcome'],
  ['on_behalf_of.id', 'On behalf of: ID', 'Anyone it was done for, by ID'],
  ['on_behalf_of.name', 'On behalf of: name', 'Anyone it was done for, by name'],
  ['on_behalf_of.email', 'On behalf of: email', 'Anyone it was done for, by email'],
  ['on_behalf_of.type', 'On behalf of: type', 'What it was done for: user, agent, api_key, system'],
  ['authority.id', 'Authority ID', 'The actor, or anyone it acted for, by ID'],
  ['authority.name', 'Authority name', 'The actor, or anyone it acted for, by name'],
  ['authority.email', 'Authority email', 'The actor, or anyone it acted for, by email'],
  ['authority.type', 'Authority type', 'What the actor is, or anyone it acted for'],
  ['id', 'Event ID', 'The event itself; whole values only'],
  ['index', 'Index', 'The event’s place in the log, from 0'],
  ['occurred_at', 'Occurred at', 'When it happened, the exact text; for a span use the time range'],
  ['received_at', 'Received at', 'When it was recorded, the exact text'],
  ['organization_id', 'Organization ID', 'The organization, by ID'],
  ['catalog_version', 'Catalog version', 'The catalog that named the event'],
];

export const KNOWN_FIELDS: readonly KnownField[] = ROWS.map(([name, label, description]) => ({
  name,
  label,
  description,
}));

const LABELS: ReadonlyMap<string, string> = new Map([
  ...ROWS.map(([name, label]): [string, string] => [name, label]),
  ['changes', 'Changes'],
  ['request.body', 'Request body'],
  ['request.response', 'Response'],
  ['actor', 'Actor'],
  ['target', 'Resources'],
  ['metadata', 'Metadata'],
  ['on_behalf_of', 'On behalf of'],
  ['context', 'Context'],
  ['request', 'Request'],
]);

/** Columns that stand above a table are called as in the products that people know. */
const COLUMN_LABELS: ReadonlyMap<string, string> = new Map([
  ['event', 'Event name'],
  ['user', 'User name'],
  ['occurred_at', 'Date and time'],
]);

/** A key as people write words: `model_id` is `Model ID`. */
function keyLabel(key: string): string {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[_\-\s]+/)
    .filter((word) => word !== '');
  const written = words.map((word) => (/^(id|ip|url|api)$/i.test(word) ? word.toUpperCase() : word));
  const label = written.join(' ');
  return label === '' ? key : label.charAt(0).toUpperCase() + label.slice(1);
}

/** What a field is called on screen. */
export function fieldLabel(name: string): string {
  const known = LABELS.get(name);
  if (known !== undefined) return known;
  const read = readField(name);
  return read.ok ? keyLabel(read.field.keys.at(-1) ?? name) : name;
}

/** What a column is called above a table. */
export function columnLabel(name: string): string {
  return COLUMN_LABELS.get(name) ?? fieldLabel(name);
}
