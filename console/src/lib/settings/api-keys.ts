/**
 * API keys as people look at them: which work, which have ended and how, and what each kind takes to be given.
 *
 * It must hold that a key which works is never shown as one that does not.
 */
import { lacking } from './permissions';

export const KEY_KINDS = ['ingest', 'read', 'admin'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** The most addresses and networks of a key. */
export const MAX_NETWORKS = 50;
/** The most days until a key ends, where it ends. */
export const MAX_LIFETIME_DAYS = 3650;
/** From how soon on it is said that a key is about to end, in milliseconds. */
const SOON_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;

export interface KeyTimes {
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly replaced_by: string | null;
}

export type KeyState = 'works' | 'ends-soon' | 'replaced' | 'expired' | 'revoked';

/** What has become of a key. One that was replaced works on until its end. */
export function keyState(key: KeyTimes, now: number): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  const end = key.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at);
  if (end <= now) return 'expired';
  if (key.replaced_by !== null) return 'replaced';
  return end - now <= SOON_MS ? 'ends-soon' : 'works';
}

export function hasEnded(state: KeyState): boolean {
  return state === 'expired' || state === 'revoked';
}

/** When something ends that begins now. */
export function endAfterDays(days: number, now: number): string {
  return new Date(now + days * DAY_MS).toISOString();
}

const READ = ['events.read', 'events.export', 'log.read', 'metrics.read', 'settings.read', 'members.read'];

export interface LeveledPermission {
  readonly name: string;
  readonly levels: readonly string[];
}

/** What somebody has to hold there to give a key of that kind, and does not. */
export function lackingForKey(
  kind: KeyKind,
  level: 'organization' | 'project',
  permissions: readonly LeveledPermission[],
  held: readonly string[],
): string[] {
  const needed = { ingest: ['events.record'], read: READ, admin: permissions.map(({ name }) => name) }[kind];
  const levels = new Map(permissions.map((entry) => [entry.name, entry.levels]));
  // A key of a project holds of these what projects know.
  const there = needed.filter((name) => levels.get(name)?.includes(level) ?? level === 'organization');
  return lacking(there, held);
}

const IPV4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const MAX_IPV4_BITS = 32;
const MAX_IPV6_BITS = 128;
/** Groups of four digits of an IPv6 address, and how many of them an IPv4 address at its end stands for. */
const IPV6_GROUPS = 8;
const IPV4_GROUPS = 2;

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const endsInIpv4 = IPV4.test(last) && !text.endsWith('::');
  const hexadecimal = endsInIpv4 ? groups.slice(0, -1) : groups;
  if (!hexadecimal.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = hexadecimal.length + (endsInIpv4 ? IPV4_GROUPS : 0);
  return halves.length === 2 ? count < IPV6_GROUPS : count === IPV6_GROUPS;
}

/** Whether a text is an IP address, or a network such as `192.0.2.0/24`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = IPV4.test(address) ? MAX_IPV4_BITS : isIpv6(address) ? MAX_IPV6_BITS : undefined;
  if (most === undefined || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
}

/** A call that shows at once that a key works. An ingest key records; the others ask. */
export function tryKey(kind: 'read' | 'admin', origin: string, key: string): string {
  const path = kind === 'read' ? '/v1/events?limit=1' : '/v1/api-keys';
  return `curl -sS '${origin}${path}' \\\n  -H 'authorization: Bearer ${key}'`;
}
