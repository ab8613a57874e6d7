/** Roles as they are offered: those for the place, and why a person cannot give some of them. */
import type { Role, RoleLevel, PermissionEntry } from '../../api/roles';
import { lacking } from '../../lib/settings/permissions';

export interface RoleChoice {
  value: string;
  label: string;
  detail: string;
  isDisabled: boolean;
}

/** What a role allows there: held in a project, it allows what projects know. */
export function allowedAt(role: Role, level: RoleLevel, permissions: readonly PermissionEntry[]): string[] {
  const known = new Map(permissions.map((entry) => [entry.name, entry.levels]));
  return role.permissions.filter((name) => known.get(name)?.includes(level) ?? true);
}

/** How many missing permissions are named. */
const NAMED = 3;

/** Why somebody cannot give or take a role: it allows what that person may not. */
export function beyond(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  return `Allows more than you may yourself: ${missing.slice(0, NAMED).join(', ')}${more}`;
}

export function roleChoices(
  roles: readonly Role[],
  level: RoleLevel,
  permissions: readonly PermissionEntry[],
  own: readonly string[],
): RoleChoice[] {
  return roles
    .filter((role) => role.levels.includes(level))
    .map((role) => {
      const why = beyond(lacking(allowedAt(role, level, permissions), own));
      return {
        value: role.id,
        label: role.name,
        detail: why ?? (role.description === '' ? 'A role of your own' : role.description),
        isDisabled: why !== undefined,
      };
    });
}

/** What a role is called; its id where it is not known, as for those who may not read settings. */
export function roleName(roles: readonly Role[] | undefined, id: string): string {
  return roles?.find((role) => role.id === id)?.name ?? id;
}
