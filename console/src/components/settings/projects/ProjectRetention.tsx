/** How long the events of a project are kept. */
import type { Project } from '../../../api/projects';
import { ProjectRetentionCard } from '../retention/ProjectRetentionCard';

export function ProjectRetention({ project }: { project: Project }) {
  return <ProjectRetentionCard projectId={project.id} />;
}
