/** What projects stand for, in words. */
import type { ProjectKind } from '../../../api/projects';

export const KINDS: readonly { value: ProjectKind; label: string; detail: string }[] = [
  { value: 'project', label: 'Project', detail: 'What your platform calls a project or a workspace' },
  { value: 'tool', label: 'Tool', detail: 'A tool that agents and workflows call' },
  { value: 'workflow', label: 'Workflow', detail: 'Steps that run one after another' },
  { value: 'agent', label: 'Agent', detail: 'An agent that acts by itself' },
];

export function kindLabel(kind: ProjectKind): string {
  return KINDS.find(({ value }) => value === kind)?.label ?? kind;
}
