/** Somebody or something that acts or is acted on. */
import type { Party } from './connection';

/** The name, else the address, else the id. */
export function partyName({ name, email, id }: Party): string {
  return [name, email].find((text) => text !== undefined && text !== '') ?? id;
}
