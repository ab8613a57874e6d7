/** Says on a page that is shown why nothing on it can be changed, or nothing but what is taken away. */
import type { Permission } from '../../api/session';
import { Callout } from '../../ui/Callout';
import { useStanding } from './standing';

export interface NoPermissionProps {
  /** What it would take. */
  permission: Permission;
  /** What cannot be done without it, as in "change members". */
  what: string;
  projectId?: string;
  /** What the person may do even while the organization is archived, as in "revoke keys". */
  still?: string | false;
}

/** Nothing, where it may be done. */
export function NoPermission({ permission, what, projectId, still = false }: NoPermissionProps) {
  const { isArchived, mayChange } = useStanding();
  if (mayChange(permission, projectId)) return null;
  if (isArchived) {
    return (
      <Callout title="This organization is archived">
        It is read as before. Until it is brought back nothing is recorded in it, and nothing is changed but
        that something is taken away.{still !== false && ` You can still ${still}.`}
      </Callout>
    );
  }
  return (
    <Callout title={`Your role does not let you ${what}`}>
      You see this page only. It takes the permission <code>{permission}</code>; an administrator of the
      organization can give you a role that has it.
    </Callout>
  );
}
