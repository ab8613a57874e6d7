/** What was recorded in a project: everything, or only what was done to the project itself. */
import type { Project } from '../../../api/projects';
import { Segments } from '../../../ui/Choice';
import { Stack } from '../../../ui/Layout';
import { AuditEvents } from '../AuditEvents';

/** What is done to a project: made, renamed, archived, its retention, its members and their roles. */
const TO_ITSELF = 'project*';

type Scope = 'all' | 'itself';

export interface ProjectAuditProps {
  project: Project;
  pattern: string;
  onPattern: (pattern: string) => void;
}

export function ProjectAudit({ project, pattern, onPattern }: ProjectAuditProps) {
  const scope: Scope = pattern === TO_ITSELF ? 'itself' : 'all';
  return (
    <Stack gap={3}>
      <Segments<Scope>
        label="What is shown"
        hideLabel
        options={[
          { value: 'all', label: 'Everything in the project' },
          { value: 'itself', label: 'Changes to the project itself' },
        ]}
        value={scope}
        onChange={(next) => onPattern(next === 'itself' ? TO_ITSELF : '')}
      />
      {/* Another scope begins with its own pattern in the box. */}
      <AuditEvents key={scope} projectId={project.id} pattern={pattern} onPattern={onPattern} />
    </Stack>
  );
}
