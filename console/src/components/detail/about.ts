/**
 * What can be done with a value of an event: which filter it makes, and what else there is of it.
 *
 * Each part of the detail says of its values what they are; the one menu of the detail asks here what to
 * offer. A filter is only offered that finds at least the event that the value stands in.
 */
import { createContext, use } from 'react';

import { places } from '../../api/places';
import type { Party } from '../../api/events';
import { byteLength, fieldName, pathOf } from '../../lib/query/fields';
import { type Filter, MAX_VALUE_BYTES } from '../../lib/query/filters';
import { EMPTY_QUERY, writeSearch } from '../../lib/query/state';

/** A value on the screen, and what it is. */
export interface About {
  /** What it is called, as in "Actor ID": heads the menu and names what is copied. */
  label: string;
  /** As text: what is copied. */
  text: string;
  /** The field to filter by, and the value there; none for what is kept and not indexed. */
  field?: string | undefined;
  /** Where the filter is not by `text`: the value as filters have it. */
  value?: unknown;
  /** Somebody who acted: all that was done by them can be seen. */
  actor?: Party;
  /** It stands for more than itself, such as a session: "See all of this session". */
  whole?: string;
}

export interface DetailPlace {
  organizationId: string;
  zone: string;
  /** Adds a filter to the look at hand; without it, filters lead to a new look. */
  onFilter?: ((filter: Filter) => void) | undefined;
  onSeeActor?: ((actor: Party) => void) | undefined;
  /** Where another event is. */
  hrefOf: (eventId: string) => string;
  /** Opens the menu of a value at what was pressed. */
  openMenu: (about: About, at: HTMLElement) => void;
}

const PlaceContext = createContext<DetailPlace | undefined>(undefined);

export const DetailPlaceProvider = PlaceContext.Provider;

/** The detail that one stands in. */
export function useDetail(): DetailPlace {
  const place = use(PlaceContext);
  if (place === undefined) throw new Error('useDetail is for what stands within a detail');
  return place;
}

/** A value as filters compare it: text as it is, everything else by its JSON. */
function filterText(value: unknown): string | undefined {
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The filter that a value makes; undefined where there is none. */
export function filterOf({ field, text, value }: About): Filter | undefined {
  const name = field === undefined ? undefined : fieldName(field);
  const wanted = value === undefined ? text : filterText(value);
  if (name === undefined || wanted === undefined) return undefined;
  return byteLength(wanted) > MAX_VALUE_BYTES ? undefined : { field: name, op: 'is', value: wanted };
}

/** The path of a key that the sender chose. */
export function metadataPath(...keys: readonly string[]): string {
  return pathOf(keys);
}

/** Everything that a filter finds, at any time, with nothing else asked. */
export function allOf(organizationId: string, filter: Filter): string {
  return places.events(organizationId, writeSearch({ ...EMPTY_QUERY, range: 'all_time', filters: [filter] }));
}

/** Everything else of the last days. */
export function excludeHref(organizationId: string, filter: Filter): string {
  const filters: Filter[] = [{ ...filter, op: 'is_not' }];
  return places.events(organizationId, writeSearch({ ...EMPTY_QUERY, filters }));
}

/** Everything that somebody did. */
export function actorFilter(actor: Party): Filter {
  return { field: 'actor.id', op: 'is', value: actor.id };
}
