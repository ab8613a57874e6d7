/**
 * A few events in a project of their own, made once for each file: what is expected of them is known without
 * asking anybody, and nothing else on the demo's server changes it.
 */
import { inject } from 'vitest';

import { type Place, record, unique } from './api.js';
import { type Asked } from './explorer.js';
import { test as base } from './fixtures.js';

export { expect } from './fixtures.js';

export interface Person {
  readonly type: 'user';
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface Scene {
  readonly project: string;
  readonly ada: Person;
  readonly grace: Person;
  /** All of the scene, and nothing else. */
  readonly all: Asked;
}

/** Who did what in the scene, the oldest first. */
export const DEEDS = [
  ['ada', 'role.created'],
  ['ada', 'role.created'],
  ['grace', 'role.created'],
  ['ada', 'role.deleted'],
  ['grace', 'role.deleted'],
  ['ada', 'guardrail.deployed'],
  ['grace', 'guardrail.deployed'],
  ['grace', 'datasource.deleted'],
  ['grace', 'datasource.created'],
] as const;

export function somebody(name: string): Person {
  const id = unique(name.toLowerCase());
  return { type: 'user', id, name: `${name} ${id.slice(-8)}`, email: `${id}@example.com` };
}

export async function makeScene(place: Place): Promise<Scene> {
  const [ada, grace] = [somebody('Ada'), somebody('Grace')];
  const project = unique('scene');
  const people = { ada, grace };
  await record(
    place,
    ...DEEDS.map(([who, action], at) => ({
      action,
      actor: people[who],
      project_id: project,
      targets: [{ type: action.split('.')[0], id: `${project}-target-${at}` }],
      context: { ip: `203.0.113.${at + 1}` },
    })),
  );
  return { project, ada, grace, all: { project_id: project, range: 'all_time' } };
}

export const test = base.extend<{ scene: Scene }>({
  scene: [async ({}, use) => use(await makeScene(inject('demo'))), { scope: 'file' }],
});
