/**
 * What a person may change now. A role may permit it, and an archived organization or project take it back: the
 * session tells of permissions alone.
 */
import { may, mayIn, type OwnOrganization, type Permission } from '../../api/session';
import { useOrganization } from '../shell/use-organization';

export interface Standing {
  organization: OwnOrganization;
  /** Nothing is changed in it but that it is brought back. */
  isArchived: boolean;
  /** Whether the person may do that now: in the whole organization, or in the project that is named. */
  mayChange: (permission: Permission, projectId?: string) => boolean;
  /** What the person may do there: no role that allows more can be given or taken by that person. */
  permissionsIn: (projectId?: string) => readonly string[];
}

export function standingIn(organization: OwnOrganization): Standing {
  const ownProject = (id: string) => organization.projects.find((project) => project.id === id);
  return {
    organization,
    isArchived: organization.archived,
    mayChange: (permission, projectId) => {
      if (organization.archived) return false;
      if (may(organization, permission)) return true;
      if (projectId === undefined || ownProject(projectId)?.archived === true) return false;
      return mayIn(organization, projectId, permission);
    },
    permissionsIn: (projectId) => [
      ...organization.permissions,
      ...(projectId === undefined ? [] : (ownProject(projectId)?.permissions ?? [])),
    ],
  };
}

export function useStanding(): Standing {
  return standingIn(useOrganization());
}
