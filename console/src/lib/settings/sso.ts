/**
 * A sign-on provider as it is filled in, and what follows from a change of it.
 *
 * It must hold that the secret is sent only if it is to change, and that a change which ends sessions is known
 * as one.
 */
import { readList, writeList } from './lines';

export const MAX_DOMAINS = 100;
export const MAX_SCOPES = 20;
export const MAX_GROUP_ROLES = 500;
/** The longest issuer, and the longest of the other texts, in characters. */
const MAX_ISSUER_CHARS = 1024;
const MAX_WORD_CHARS = 512;

export interface GroupRole {
  group: string;
  role: string;
}

/** A provider as the server tells of it. */
export interface Provider {
  readonly issuer: string;
  readonly client_id: string;
  readonly has_client_secret: boolean;
  readonly domains: readonly string[];
  readonly groups_claim: string;
  readonly scopes: readonly string[];
  readonly group_roles: readonly GroupRole[];
  readonly require_group: boolean;
  readonly enabled: boolean;
}

export type SecretChoice = 'keep' | 'new' | 'none';

export interface SsoDraft {
  issuer: string;
  clientId: string;
  secretChoice: SecretChoice;
  secret: string;
  domains: string;
  groupsClaim: string;
  scopes: string;
  groupRoles: readonly GroupRole[];
  requireGroup: boolean;
}

/** What is sent. A secret that is left out stays; null is none. */
export interface SsoSent {
  issuer: string;
  client_id: string;
  client_secret?: string | null;
  domains: string[];
  groups_claim: string;
  scopes: string[];
  group_roles: GroupRole[];
  require_group: boolean;
  enabled: boolean;
}

export function draftOf(provider: Provider | undefined): SsoDraft {
  return {
    issuer: provider?.issuer ?? '',
    clientId: provider?.client_id ?? '',
    secretChoice: provider === undefined ? 'new' : 'keep',
    secret: '',
    domains: writeList(provider?.domains ?? []),
    groupsClaim: provider?.groups_claim ?? 'groups',
    scopes: (provider?.scopes ?? ['email', 'profile']).join(' '),
    groupRoles: provider?.group_roles ?? [],
    requireGroup: provider?.require_group ?? false,
  };
}

/** Whether the server can keep the secret that it has: it was given for that issuer and client alone. */
export function canKeepSecret(provider: Provider | undefined, draft: SsoDraft): boolean {
  return (
    provider !== undefined &&
    provider.issuer === draft.issuer.trim() &&
    provider.client_id === draft.clientId.trim()
  );
}

export function sentOf(draft: SsoDraft, enabled: boolean): SsoSent {
  return {
    issuer: draft.issuer.trim(),
    client_id: draft.clientId.trim(),
    ...(draft.secretChoice === 'new' && { client_secret: draft.secret.trim() }),
    ...(draft.secretChoice === 'none' && { client_secret: null }),
    domains: readList(draft.domains),
    groups_claim: draft.groupsClaim.trim(),
    scopes: readList(draft.scopes),
    group_roles: draft.groupRoles.map(({ group, role }) => ({ group: group.trim(), role })),
    require_group: draft.requireGroup,
    enabled,
  };
}

export type SsoField = 'issuer' | 'clientId' | 'secret' | 'domains' | 'groupsClaim' | 'scopes' | 'groupRoles';
export type SsoMistakes = Partial<Record<SsoField, string>>;

const DOMAIN = /^(?!-)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$/u;

/** What is to be put right before it is sent. The server knows more. */
export function mistakesIn(draft: SsoDraft, provider: Provider | undefined): SsoMistakes {
  const mistakes: SsoMistakes = {};
  const issuer = draft.issuer.trim();
  if (issuer === '') mistakes.issuer = 'Write the provider’s issuer, as it names itself';
  else if (!/^https?:\/\/\S+$/.test(issuer))
    mistakes.issuer = 'The issuer is an address that begins with https://';
  else if (issuer.length > MAX_ISSUER_CHARS) mistakes.issuer = `At most ${MAX_ISSUER_CHARS} characters`;
  const clientId = draft.clientId.trim();
  if (clientId === '') mistakes.clientId = 'Write the id that this server has at the provider';
  else if (clientId.length > MAX_WORD_CHARS) mistakes.clientId = `At most ${MAX_WORD_CHARS} characters`;
  if (draft.secretChoice === 'new' && draft.secret.trim() === '') {
    mistakes.secret = 'Write the secret, or choose that the client has none';
  } else if (draft.secretChoice === 'keep' && !canKeepSecret(provider, draft)) {
    mistakes.secret = 'The secret was given for the issuer and client before: give one for these';
  }
  const domains = wrongWithDomains(readList(draft.domains));
  if (domains !== undefined) mistakes.domains = domains;
  if (draft.groupsClaim.trim() === '')
    mistakes.groupsClaim = 'Write the claim that lists groups, such as groups';
  if (readList(draft.scopes).length > MAX_SCOPES) mistakes.scopes = `At most ${MAX_SCOPES} scopes`;
  const groups = wrongWithGroups(draft.groupRoles);
  if (groups !== undefined) mistakes.groupRoles = groups;
  return mistakes;
}

function wrongWithDomains(domains: readonly string[]): string | undefined {
  if (domains.length === 0) return 'Write at least one domain: nobody could sign in';
  const wrong = domains.find((domain) => !DOMAIN.test(domain));
  if (wrong !== undefined)
    return `“${wrong}” is not a domain: write it as in e-mail addresses, such as acme.example`;
  return domains.length > MAX_DOMAINS ? `At most ${MAX_DOMAINS} domains` : undefined;
}

function wrongWithGroups(groupRoles: readonly GroupRole[]): string | undefined {
  if (groupRoles.some(({ group, role }) => group.trim() === '' || role === '')) {
    return 'Each line needs a group and a role';
  }
  const groups = groupRoles.map(({ group }) => group.trim());
  const twice = groups.find((group, at) => groups.indexOf(group) !== at);
  if (twice !== undefined) return `The group “${twice}” is listed twice: the first of them would count`;
  return groups.length > MAX_GROUP_ROLES ? `At most ${MAX_GROUP_ROLES} groups` : undefined;
}

/** Whether people who have come in by the provider have to sign in again after the change. */
export function endsSessions(provider: Provider | undefined, sent: SsoSent): boolean {
  if (provider === undefined) return false;
  return (
    provider.issuer !== sent.issuer ||
    provider.client_id !== sent.client_id ||
    sent.client_secret !== undefined ||
    !sent.enabled
  );
}

/** Whether roles are from now on taken from groups that did not count before. */
export function beginsToFollowGroups(provider: Provider | undefined, sent: SsoSent): boolean {
  return provider?.group_roles.length === 0 && sent.group_roles.length > 0;
}

/** One line moved by one place; what cannot be moved stays. */
export function moved<Item>(items: readonly Item[], at: number, by: -1 | 1): readonly Item[] {
  const to = at + by;
  const [one, other] = [items[at], items[to]];
  if (one === undefined || other === undefined) return items;
  return items.map((item, index) => (index === at ? other : index === to ? one : item));
}
