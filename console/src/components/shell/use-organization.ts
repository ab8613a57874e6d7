/** The organization of the page, and where in it the page is. */
import { useParams, useRouteContext } from '@tanstack/react-router';

import type { OwnOrganization } from '../../api/session';

/** Within a page of an organization. Elsewhere it is a mistake to ask. */
export function useOrganization(): OwnOrganization {
  return useRouteContext({ from: '/signed-in/o/$organizationId' }).organization;
}

/** The id that the address names, if it names one. */
export function useOrganizationId(): string | undefined {
  return useParams({ strict: false }).organizationId;
}
