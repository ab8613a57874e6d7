/**
 * Which fields stand beside the list, and which of them are closed: kept in this browser, for each organization,
 * since other organizations have other metadata.
 *
 * It must hold that whatever is found there, only fields that can be counted come out of it.
 */
import { isCountable } from '../../lib/query/fields';

/** The fields that are always there, in order. */
export const USUAL_FIELDS = [
  'category',
  'event',
  'event_type',
  'result',
  'user',
  'project_id',
  'target.type',
] as const;

/** Most fields that a person adds. */
export const MAX_PINNED = 12;
const MAX_CLOSED = 64;

export interface FacetMemory {
  readonly pinned: readonly string[];
  readonly closed: readonly string[];
}

const keyOf = (organizationId: string) => `evident.facets.${organizationId}`;

const isUsual = (field: string) => USUAL_FIELDS.some((usual) => usual === field);

function texts(value: unknown, most: number): string[] {
  if (!Array.isArray(value)) return [];
  const all: unknown[] = value;
  const fields = all.filter((one): one is string => typeof one === 'string' && isCountable(one));
  return [...new Set(fields)].slice(0, most);
}

export function readFacetMemory(organizationId: string): FacetMemory {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(organizationId)) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return { pinned: [], closed: [] };
    const pinned = 'pinned' in kept ? texts(kept.pinned, MAX_PINNED) : [];
    return {
      pinned: pinned.filter((field) => !isUsual(field)),
      closed: 'closed' in kept ? texts(kept.closed, MAX_CLOSED) : [],
    };
  } catch {
    return { pinned: [], closed: [] };
  }
}

export function keepFacetMemory(organizationId: string, memory: FacetMemory): void {
  try {
    localStorage.setItem(keyOf(organizationId), JSON.stringify(memory));
  } catch {
    // They last as long as the page, then.
  }
}

/** With a field more; the same memory if it is there already, or there are too many. */
export function pin(memory: FacetMemory, field: string): FacetMemory {
  if (isUsual(field) || memory.pinned.includes(field) || memory.pinned.length >= MAX_PINNED) return memory;
  const closed = memory.closed.filter((one) => one !== field);
  return { pinned: [...memory.pinned, field], closed };
}

export function unpin(memory: FacetMemory, field: string): FacetMemory {
  return { ...memory, pinned: memory.pinned.filter((one) => one !== field) };
}

export function toggleClosed(memory: FacetMemory, field: string): FacetMemory {
  const isClosed = memory.closed.includes(field);
  return {
    ...memory,
    closed: isClosed ? memory.closed.filter((one) => one !== field) : [...memory.closed, field],
  };
}
