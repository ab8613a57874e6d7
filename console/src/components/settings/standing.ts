/**
 * What a person may change now. A role may permit it, and an archived organization or project take it back: the
 * session tells of permissions alone.
 *
 * It must hold that in an archived organization nothing is offered but what the server does there: bringing it back,
 * and what takes away and does nothing else, since a key that has leaked would go on reading.
 */
import { may, mayIn, type OwnOrganization, type Permission } from '../../api/session';
import { useOrganization } from '../shell/use-organization';

/**
 * What it takes to revoke keys, issuers and invitations, to end sessions and to remove members. Roles in a project are
 * not among it: the server ends none in an archived organization, but together with the membership.
 */
export type TakesAway = Extract<Permission, 'keys.manage' | 'viewers.issue' | 'members.manage'>;

export interface Standing {
  organization: OwnOrganization;
  /** Nothing is changed in it but that it is brought back, and that something is taken away. */
  isArchived: boolean;
  /** Whether the person may do that now: in the whole organization, or in the project that is named. */
  mayChange: (permission: Permission, projectId?: string) => boolean;
  /**
   * The same for an act that only takes away, and that the server does in an archived organization too. What is held
   * in an archived project is lost for that as well.
   */
  mayTakeAway: (permission: TakesAway, projectId?: string) => boolean;
  /** The same in the whole organization, or in any project of it. */
  mayTakeAwayAnywhere: (permission: TakesAway) => boolean;
  /** What the person may do there: no role that allows more can be given or taken by that person. */
  permissionsIn: (projectId?: string) => readonly string[];
}

export function standingIn(organization: OwnOrganization): Standing {
  const ownProject = (id: string) => organization.projects.find((project) => project.id === id);
  const isHeld = (permission: Permission, projectId?: string) => {
    if (may(organization, permission)) return true;
    if (projectId === undefined || ownProject(projectId)?.archived === true) return false;
    return mayIn(organization, projectId, permission);
  };
  return {
    organization,
    isArchived: organization.archived,
    mayChange: (permission, projectId) => !organization.archived && isHeld(permission, projectId),
    mayTakeAway: isHeld,
    mayTakeAwayAnywhere: (permission) =>
      isHeld(permission) || organization.projects.some(({ id }) => isHeld(permission, id)),
    permissionsIn: (projectId) => [
      ...organization.permissions,
      ...(projectId === undefined ? [] : (ownProject(projectId)?.permissions ?? [])),
    ],
  };
}

export function useStanding(): Standing {
  return standingIn(useOrganization());
}
