/** An event type while it is written: texts of a form, and the document that they become. */
import type { CatalogEntry, FieldType, NewEventType } from '../../api/catalog';
import { asSentence, type Problem } from '../../api/problem';
import type { EventType, Level } from '../../lib/query/state';

export const FIELD_TYPES: readonly FieldType[] = [
  'string',
  'integer',
  'number',
  'boolean',
  'yes_no',
  'duration',
  'string_list',
  'any',
];

/**
 * Whether values are replaced before anything is kept. The server asks where a key is named like a secret, or was one
 * before; so that nobody answers for the person, it is not said until it is chosen.
 */
export type Secrecy = 'unsaid' | 'kept' | 'secret';

export interface FieldDraft {
  key: string;
  label: string;
  type: FieldType;
  required: boolean;
  secrecy: Secrecy;
}

export interface Draft {
  action: string;
  name: string;
  aliases: string;
  category: string;
  eventType: EventType;
  badge: string;
  level: Level;
  description: string;
  template: string;
  metadata: readonly FieldDraft[];
}

export const EMPTY_FIELD: FieldDraft = {
  key: '',
  label: '',
  type: 'string',
  required: false,
  secrecy: 'unsaid',
};

export const EMPTY_DRAFT: Draft = {
  action: '',
  name: '',
  aliases: '',
  category: '',
  eventType: 'User Actions',
  badge: '',
  level: 'organization',
  description: '',
  template: '',
  metadata: [],
};

/** What is known of an event type. Its template and which fields are secret are never shown again. */
export function draftOf(entry: CatalogEntry): Draft {
  return {
    action: entry.action,
    name: entry.name,
    aliases: entry.aliases.join('\n'),
    category: entry.category,
    eventType: entry.event_type,
    badge: entry.badge,
    level: entry.level,
    description: entry.description,
    template: '',
    metadata: entry.metadata.map(({ key, label, type, required }) => ({
      key,
      label,
      type,
      required,
      secrecy: 'unsaid' as const,
    })),
  };
}

export function documentOf(draft: Draft): NewEventType {
  const text = (value: string) => value.trim();
  return {
    action: text(draft.action),
    name: text(draft.name),
    aliases: aliasesOf(draft),
    category: text(draft.category),
    event_type: draft.eventType,
    badge: text(draft.badge),
    level: draft.level,
    description: text(draft.description),
    template: text(draft.template),
    metadata: draft.metadata.map(({ key, label, type, required, secrecy }) => ({
      key: text(key),
      label: text(label),
      type,
      required,
      ...(secrecy !== 'unsaid' && { secret: secrecy === 'secret' }),
    })),
  };
}

/** One in each line. */
function aliasesOf({ aliases }: Draft): string[] {
  return aliases
    .split('\n')
    .map((alias) => alias.trim())
    .filter((alias) => alias !== '');
}

/** What is wrong with a member, or with anything within it. */
export function mistakeAt(problem: Problem | undefined, pointer: string): string | undefined {
  const reasons = (problem?.entries ?? [])
    .filter((entry) => entry.pointer === pointer || entry.pointer.startsWith(`${pointer}/`))
    .map(({ reason }) => reason);
  return reasons.length === 0 ? undefined : [...new Set(reasons)].map(asSentence).join(' ');
}

const PLACES = [
  'action',
  'name',
  'aliases',
  'category',
  'event_type',
  'badge',
  'level',
  'description',
  'template',
  'metadata',
];

/** What is wrong and stands at no field of the form. */
export function otherMistakes(problem: Problem): string | undefined {
  const others = problem.entries.filter(({ pointer }) => !PLACES.includes(pointer.split('/')[1] ?? ''));
  if (problem.entries.length > 0 && others.length === 0) return undefined;
  return others.length > 0 ? others.map(({ reason }) => reason).join(' ') : problem.message;
}
