import { describe, expect, test } from 'vitest';

import type { OwnOrganization } from '../../api/session';
import type { SavedView } from '../../api/views';
import { EMPTY_QUERY } from '../../lib/query/state';
import { audience, definitionOfLook, mayChange, mayShare, nameProblem, standingOf } from './save-view';
import { lookOf } from './saved';

function organizationOf(permissions: string[], inProject: string[] = [], archived = false): OwnOrganization {
  const project = { id: 'prj_1', name: 'Claims', archived: false, permissions: inProject };
  return { id: 'org_1', name: 'Quillmere AI', archived, permissions, projects: [project] };
}

function viewOf(other: Partial<SavedView> = {}): SavedView {
  return {
    id: 'view_1',
    name: 'Denied',
    built_in: false,
    own: true,
    shared: false,
    owner_id: 'usr_1',
    default_pattern: null,
    created_at: null,
    updated_at: null,
    definition: {
      columns: ['action'],
      query: { result: ['denied'] },
      range: 'last_7_days',
      tz: null,
      sort: 'desc',
    },
    ...other,
  };
}

const inProject = { ...viewOf().definition, query: { project_id: ['prj_1'] } };
const history = viewOf({ id: 'view_history', built_in: true, own: false, default_pattern: 'organisation.*' });

describe('a look as a view', () => {
  test('what a built-in view adds to an empty box of actions is written out', () => {
    const look = { state: EMPTY_QUERY, view: history, columns: ['action'], range: 'last_30_days' as const };
    expect(definitionOfLook(look).query).toEqual({ action: ['organisation.*'] });
  });

  test('but not in a project, where it adds nothing', () => {
    const state = { ...EMPTY_QUERY, projectId: 'prj_1' };
    const look = { state, view: history, columns: ['action'], range: 'last_30_days' as const };
    expect(definitionOfLook(look).query).toEqual({ project_id: ['prj_1'] });
  });

  test('saved and opened, it is as saved', () => {
    const state = { ...EMPTY_QUERY, q: 'role', results: ['denied' as const], order: 'asc' as const };
    const made = definitionOfLook({ state, view: undefined, columns: ['action'], range: 'this_month' });
    const saved = viewOf({
      definition: {
        columns: made.columns,
        query: { q: ['role'], result: ['denied'] },
        range: 'this_month',
        tz: null,
        sort: 'asc',
      },
    });
    expect(made).toMatchObject(saved.definition);
    expect(standingOf(organizationOf([]), lookOf(saved), saved)).toBe('as saved');
  });

  test('the day that weeks begin on is kept with it, where the look says one', () => {
    const state = { ...EMPTY_QUERY, weekStart: 'sunday' as const };
    const look = { view: undefined, columns: ['action'], range: 'this_week' as const };
    const made = definitionOfLook({ ...look, state });
    expect(made.query).toEqual({ week_start: ['sunday'] });
    expect(definitionOfLook({ ...look, state: EMPTY_QUERY }).query).toEqual({});
    const saved = viewOf({ definition: { ...viewOf().definition, query: { week_start: ['sunday'] } } });
    expect(lookOf(saved).weekStart).toBe('sunday');
    expect(standingOf(organizationOf([]), lookOf(saved), saved)).toBe('as saved');
    expect(standingOf(organizationOf([]), { ...lookOf(saved), weekStart: 'monday' }, saved)).not.toBe(
      'as saved',
    );
  });

  test('a view that has a time zone keeps it when the rest is changed', () => {
    const view = viewOf({ definition: { ...viewOf().definition, tz: 'Europe/Berlin' } });
    const look = { view, columns: ['action'], range: 'last_7_days' as const };
    expect(definitionOfLook({ ...look, state: { ...lookOf(view), q: 'role' } }).tz).toBe('Europe/Berlin');
    expect(definitionOfLook({ ...look, state: { ...lookOf(view), tz: 'Asia/Tokyo' } }).tz).toBe('Asia/Tokyo');
    expect(definitionOfLook({ ...look, view: undefined, state: EMPTY_QUERY }).tz).toBeNull();
  });
});

describe('who may do what', () => {
  test('a built-in view is changed by nobody', () => {
    expect(mayChange(organizationOf(['views.share']), history)).toBe(false);
    const changed = { ...lookOf(history), q: 'role' };
    expect(standingOf(organizationOf(['views.share']), changed, history)).toBe('changed');
  });

  test("one's own is changed without any permission", () => {
    const view = viewOf({ shared: true });
    expect(mayChange(organizationOf([]), view)).toBe(true);
    expect(standingOf(organizationOf([]), { ...lookOf(view), q: 'x' }, view)).toBe(
      'changed, and may be updated',
    );
  });

  test("somebody else's is changed with the permission where it is shared", () => {
    const all = viewOf({ own: false, shared: true });
    const ofProject = viewOf({ own: false, shared: true, definition: inProject });
    expect(mayChange(organizationOf([]), all)).toBe(false);
    expect(mayChange(organizationOf(['views.share']), all)).toBe(true);
    expect(mayChange(organizationOf([], ['views.share']), all)).toBe(false);
    expect(mayChange(organizationOf([], ['views.share']), ofProject)).toBe(true);
  });

  test('nothing is changed or shared in an archived organization', () => {
    const archived = organizationOf(['views.share'], ['views.share'], true);
    expect(mayShare(archived, undefined)).toBe(false);
    expect(mayChange(archived, viewOf())).toBe(false);
  });

  test('it is said who will have it', () => {
    expect(audience(organizationOf([]), undefined)).toBe('Everybody who may read the log of Quillmere AI');
    expect(audience(organizationOf([]), 'prj_1')).toBe('Everybody who may read the project Claims');
  });
});

test('a name is measured as the server does, in bytes', () => {
  expect(nameProblem('  ')).toBeDefined();
  expect(nameProblem('é'.repeat(127))).toBeUndefined();
  expect(nameProblem('é'.repeat(128))).toBeDefined();
});
