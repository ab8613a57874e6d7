/**
 * What may be saved and changed of views, by whom, and who will have it.
 *
 * The server decides; this says the same before anything is sent. It must hold that a look is saved as it is
 * seen: what a built-in view adds to it silently is written out, since no saved view has that.
 */
import { may, mayIn, type OwnOrganization } from '../../api/session';
import type { SavedView, ViewChange } from '../../api/views';
import { byteLength } from '../../lib/query/fields';
import { effectiveActions, type QueryState } from '../../lib/query/state';
import { definitionOf, isAsSaved } from './saved';
import type { Look } from './look';

type Definition = NonNullable<ViewChange['definition']>;

/** The longest name of a view, in bytes. */
export const MAX_VIEW_NAME_BYTES = 255;

/** The look of the page, to be saved. */
export function definitionOfLook({
  state,
  view,
  columns,
  range,
}: Pick<Look, 'state' | 'view' | 'columns' | 'range'>): Definition {
  const actions = effectiveActions(state, { defaultPattern: view?.default_pattern });
  const tz = state.tz ?? view?.definition.tz ?? undefined;
  return definitionOf({ ...state, actions, tz }, columns, range);
}

/** The only project that a view is of, if it is of one. */
export function projectOf({ definition }: SavedView): string | undefined {
  return definition.query['project_id']?.[0];
}

/** Whether the person may share what is of that project, or of the whole organization. */
export function mayShare(organization: OwnOrganization, projectId: string | undefined): boolean {
  if (organization.archived) return false;
  return projectId === undefined
    ? may(organization, 'views.share')
    : mayIn(organization, projectId, 'views.share');
}

export function mayChange(organization: OwnOrganization, view: SavedView): boolean {
  if (view.built_in || organization.archived) return false;
  return view.own || (view.shared && mayShare(organization, projectOf(view)));
}

/** Who has a view that is shared. */
export function audience(organization: OwnOrganization, projectId: string | undefined): string {
  if (projectId === undefined) return `Everybody who may read the log of ${organization.name}`;
  const name = organization.projects.find(({ id }) => id === projectId)?.name ?? projectId;
  return `Everybody who may read the project ${name}`;
}

/** Where a look stands to the view that it began with. */
export type Standing = 'as saved' | 'changed' | 'changed, and may be updated';

export function standingOf(
  organization: OwnOrganization,
  state: QueryState,
  view: SavedView | undefined,
): Standing {
  if (view === undefined) return 'changed';
  if (isAsSaved(state, view)) return 'as saved';
  return mayChange(organization, view) ? 'changed, and may be updated' : 'changed';
}

/** What is wrong with a name before it is sent. */
export function nameProblem(name: string): string | undefined {
  const text = name.trim();
  if (text === '') return 'Give the view a name.';
  const bytes = byteLength(text);
  return bytes > MAX_VIEW_NAME_BYTES
    ? `A name has at most ${MAX_VIEW_NAME_BYTES} bytes, and this one has ${bytes}: shorten it.`
    : undefined;
}
