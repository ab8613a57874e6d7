/** The projects of an organization. */
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Boxes, Plus } from 'lucide-react';
import { useState } from 'react';

import { places } from '../../api/places';
import { projectsQuery } from '../../api/projects';
import { Loaded } from '../../components/settings/Loaded';
import { NewProject } from '../../components/settings/projects/NewProject';
import { ProjectTable } from '../../components/settings/projects/ProjectTable';
import { useStanding } from '../../components/settings/standing';
import { useRefresh } from '../../components/settings/use-refresh';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';
import { toast } from '../../ui/toasts';

export function Projects() {
  const { organization, mayChange } = useStanding();
  const query = useQuery(projectsQuery(organization.id));
  const refresh = useRefresh();
  const router = useRouter();
  const [isMaking, setMaking] = useState(false);
  const make = mayChange('projects.create') && (
    <Button look="primary" icon={<Plus aria-hidden />} onPress={() => setMaking(true)}>
      New project
    </Button>
  );
  return (
    <Page
      title="Projects"
      description="A project, tool, workflow or agent of your platform. It limits what keys and people see and do; events name it by its id."
      actions={make}
    >
      <Loaded query={query} what="The projects">
        {(projects) =>
          projects.length === 0 ? (
            <EmptyState title="There is no project yet" icon={<Boxes aria-hidden />} action={make}>
              Events may name projects that are not made yet: once one is made here, they are its own.
            </EmptyState>
          ) : (
            <ProjectTable projects={projects} />
          )
        }
      </Loaded>
      <NewProject
        isOpen={isMaking}
        onClose={() => setMaking(false)}
        onMade={async (project) => {
          await refresh();
          toast(`${project.name} is there`);
          router.history.push(places.project(organization.id, project.id));
        }}
      />
    </Page>
  );
}
