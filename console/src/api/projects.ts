/** Projects, and who has a role in them. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { allOf, PAGE_ITEMS } from './pages-of';
import { keyOf } from './queries';
import type { components } from './schema';

export type Project = components['schemas']['Project'];
export type ProjectKind = components['schemas']['ProjectKind'];
export type ProjectMember = components['schemas']['ProjectMember'];
export type NewProject = components['schemas']['NewProject'];
export type ProjectChange = components['schemas']['ProjectChange'];

const page = (cursor: string | undefined) => ({
  limit: PAGE_ITEMS,
  ...(cursor === undefined ? {} : { cursor }),
});

/** All projects that the person sees. */
export function projectsQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'projects'),
    queryFn: ({ signal }) =>
      allOf<Project>((cursor) => data(api.GET('/v1/projects', { params: { query: page(cursor) }, signal }))),
  });
}

export function projectQuery(organizationId: string, id: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'projects', id),
    queryFn: ({ signal }) => data(api.GET('/v1/projects/{id}', { params: { path: { id } }, signal })),
  });
}

export function createProject(project: NewProject): Promise<Project> {
  return data(api.POST('/v1/projects', { body: project }));
}

export function changeProject(id: string, change: ProjectChange): Promise<Project> {
  return data(api.PATCH('/v1/projects/{id}', { params: { path: { id } }, body: change }));
}

/** Only what is archived. */
export function deleteProject(id: string): Promise<void> {
  return done(api.DELETE('/v1/projects/{id}', { params: { path: { id } } }));
}

/** Who has a role in the project itself. Who has one in the organization is not among them for that. */
export function projectMembersQuery(organizationId: string, id: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'projects', id, 'members'),
    queryFn: ({ signal }) =>
      allOf<ProjectMember>((cursor) =>
        data(api.GET('/v1/projects/{id}/members', { params: { path: { id }, query: page(cursor) }, signal })),
      ),
  });
}

/** Gives a member of the organization a role in the project, in place of the one before. */
export function setProjectMember(id: string, userId: string, role: string): Promise<ProjectMember> {
  return data(
    api.PUT('/v1/projects/{id}/members/{user_id}', {
      params: { path: { id, user_id: userId } },
      body: { role },
    }),
  );
}

export function removeProjectMember(id: string, userId: string): Promise<void> {
  return done(
    api.DELETE('/v1/projects/{id}/members/{user_id}', { params: { path: { id, user_id: userId } } }),
  );
}
