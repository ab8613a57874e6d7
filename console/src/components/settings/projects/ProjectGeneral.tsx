/** What a project is, and what ends it. */
import type { Project } from '../../../api/projects';
import { Button } from '../../../ui/Button';
import { Copyable } from '../../../ui/Copy';
import { Facts } from '../../../ui/Facts';
import { Card, Stack } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { Grave, Graves } from '../Grave';
import { NoPermission } from '../NoPermission';
import { useStanding } from '../standing';
import { When } from '../When';
import { kindLabel } from './kinds';
import type { ProjectAct } from './ProjectDialogs';
import { mayManage } from './ProjectTable';

export interface ProjectGeneralProps {
  project: Project;
  onAct: (act: ProjectAct) => void;
}

export function ProjectGeneral({ project, onAct }: ProjectGeneralProps) {
  const standing = useStanding();
  const manages = mayManage(standing, project);
  const deletes = standing.mayChange('projects.create');
  return (
    <Stack gap={4}>
      {!manages && (
        <NoPermission permission="projects.manage" what="change this project" projectId={project.id} />
      )}
      <Card>
        <Facts
          facts={[
            { name: 'Name', value: <Said text={project.name} /> },
            { name: 'Id', value: <Copyable text={project.id} what="Project id" /> },
            { name: 'Kind', value: kindLabel(project.kind) },
            { name: 'Made', value: <When instant={project.created_at} /> },
          ]}
        />
      </Card>
      {(manages || deletes) && (
        <Graves>
          {manages && !project.archived && (
            <Grave
              title="Rename the project"
              action={<Button onPress={() => onAct('rename')}>Rename…</Button>}
            >
              Its id stays, and so do its events.
            </Grave>
          )}
          {manages && !project.archived && (
            <Grave
              title="Archive the project"
              action={<Button onPress={() => onAct('archive')}>Archive…</Button>}
            >
              Keys and people who are limited to it read, and record and change nothing. It can be brought
              back.
            </Grave>
          )}
          {manages && project.archived && (
            <Grave
              title="Bring the project back"
              action={
                <Button look="primary" onPress={() => onAct('bring-back')}>
                  Bring it back…
                </Button>
              }
            >
              Keys and people who are limited to it record and change again.
            </Grave>
          )}
          {deletes && (
            <Grave
              title="Delete the project"
              action={
                <Button look="danger" isDisabled={!project.archived} onPress={() => onAct('delete')}>
                  Delete…
                </Button>
              }
            >
              {project.archived
                ? 'Its events stay, its keys are revoked, and its id is never used again.'
                : 'Archive it first. Its events stay; there is no way back.'}
            </Grave>
          )}
        </Graves>
      )}
    </Stack>
  );
}
