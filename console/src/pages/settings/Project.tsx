/** One project: who is in it, how long its events are kept, what was done in it, and what ends it. */
import { useQuery } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../api/places';
import { type Project as ProjectData, projectQuery } from '../../api/projects';
import { mayIn } from '../../api/session';
import { Loaded } from '../../components/settings/Loaded';
import { type ProjectAct, ProjectDialogs } from '../../components/settings/projects/ProjectDialogs';
import { kindLabel } from '../../components/settings/projects/kinds';
import { ProjectAudit } from '../../components/settings/projects/ProjectAudit';
import { ProjectGeneral } from '../../components/settings/projects/ProjectGeneral';
import { ProjectMembers } from '../../components/settings/projects/ProjectMembers';
import { ProjectRetention } from '../../components/settings/projects/ProjectRetention';
import { useAddress } from '../../components/settings/use-address';
import { useOrganization } from '../../components/shell/use-organization';
import { Badge } from '../../ui/Badge';
import { ButtonLink } from '../../ui/Button';
import { Page, Row } from '../../ui/Layout';
import { type TabItem, Tabs } from '../../ui/Tabs';

export function Project() {
  const organization = useOrganization();
  const { projectId = '' } = useParams({ strict: false });
  const query = useQuery(projectQuery(organization.id, projectId));
  const list = places.settings(organization.id, 'projects');
  return (
    <Page
      title={query.data?.name ?? 'Project'}
      above={<Link href={list}>Projects</Link>}
      actions={
        query.data !== undefined && (
          <ButtonLink href={places.events(organization.id, { project_id: projectId })}>
            See its events
          </ButtonLink>
        )
      }
    >
      <Loaded query={query} what="The project">
        {(project) => <OneProject project={project} />}
      </Loaded>
    </Page>
  );
}

function OneProject({ project }: { project: ProjectData }) {
  const organization = useOrganization();
  const router = useRouter();
  const { read, write } = useAddress();
  const [act, setAct] = useState<ProjectAct>();
  const setPattern = useCallback(
    (action: string) => write({ action: action === '' ? undefined : action }, { replace: true }),
    [write],
  );
  const reads = (permission: Parameters<typeof mayIn>[2]) => mayIn(organization, project.id, permission);
  const tabs: (TabItem | false)[] = [
    reads('members.read') && {
      id: 'members',
      label: 'Members',
      content: <ProjectMembers project={project} />,
    },
    reads('settings.read') && {
      id: 'retention',
      label: 'Retention',
      content: <ProjectRetention project={project} />,
    },
    reads('events.read') && {
      id: 'audit',
      label: 'Audit',
      content: <ProjectAudit project={project} pattern={read('action') ?? ''} onPattern={setPattern} />,
    },
    { id: 'general', label: 'General', content: <ProjectGeneral project={project} onAct={setAct} /> },
  ];
  const items = tabs.filter((tab) => tab !== false);
  const selected = items.find(({ id }) => id === read('tab'))?.id ?? items[0]?.id ?? 'general';
  return (
    <>
      <Row>
        <Badge>{kindLabel(project.kind)}</Badge>
        {project.archived && <Badge tone="warn">Archived</Badge>}
        <code>{project.id}</code>
      </Row>
      <Tabs
        label="Project"
        items={items}
        selected={selected}
        onSelect={(tab) => {
          if (tab !== selected) write({ tab, action: undefined });
        }}
      />
      <ProjectDialogs
        project={project}
        act={act}
        onClose={() => setAct(undefined)}
        onDeleted={() =>
          router.navigate({
            to: '/o/$organizationId/settings/projects',
            params: { organizationId: organization.id },
          })
        }
      />
    </>
  );
}
