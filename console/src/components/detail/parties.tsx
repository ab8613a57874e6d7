/** Somebody or something that acts or is acted on: how it is called, and what it is at a glance. */
import { Bot, Box, Cog, KeyRound, User } from 'lucide-react';
import type { ReactNode } from 'react';

import type { Party } from '../../api/events';

const ICONS: ReadonlyMap<string, ReactNode> = new Map([
  ['user', <User key="user" aria-hidden />],
  ['agent', <Bot key="agent" aria-hidden />],
  ['api_key', <KeyRound key="api_key" aria-hidden />],
  ['system', <Cog key="system" aria-hidden />],
]);

export function partyIcon(type: string): ReactNode {
  return ICONS.get(type) ?? <Box aria-hidden />;
}

/** The name, else the address, else the id. */
export function partyName({ name, email, id }: Party): string {
  return [name, email].find((text) => text !== undefined && text !== '') ?? id;
}
