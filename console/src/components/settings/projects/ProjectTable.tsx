/** The projects that a person sees. */
import { MoreHorizontal } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../../api/places';
import type { Project } from '../../../api/projects';
import { mayIn } from '../../../api/session';
import { pageOf, search } from '../../../lib/settings/listing';
import { Badge } from '../../../ui/Badge';
import { IconButton } from '../../../ui/Button';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card } from '../../../ui/Layout';
import { Menu, MenuItem, MenuSeparator } from '../../../ui/Menu';
import { Said } from '../../../ui/Said';
import { EmptyState } from '../../../ui/States';
import { Words } from '../../../ui/Text';
import { ListTools, Pager } from '../ListTools';
import { type Standing, useStanding } from '../standing';
import { When } from '../When';
import { kindLabel } from './kinds';
import { type ProjectAct, ProjectDialogs } from './ProjectDialogs';

export function ProjectTable({ projects }: { projects: readonly Project[] }) {
  const standing = useStanding();
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const [about, setAbout] = useState<Project>();
  const [act, setAct] = useState<ProjectAct>();
  const found = search(projects, words, ({ id, name, kind }) => [id, name, kind]);
  const shown = pageOf(found, page);
  const begin = (project: Project, what: ProjectAct) => {
    setAbout(project);
    setAct(what);
  };
  return (
    <Card flush>
      <ListTools
        what="projects"
        words={words}
        onWords={(next) => {
          setWords(next);
          setPage(0);
        }}
      />
      <DataTable
        label="Projects"
        columns={columnsOf(standing, begin)}
        items={shown.items}
        keyOf={({ id }) => id}
        empty={<EmptyState title="No project is called that">Search by name, id or kind.</EmptyState>}
      />
      <Pager what="projects" page={shown} found={found.length} all={projects.length} onPage={setPage} />
      {about !== undefined && <ProjectDialogs project={about} act={act} onClose={() => setAct(undefined)} />}
    </Card>
  );
}

function columnsOf(
  standing: Standing,
  begin: (project: Project, act: ProjectAct) => void,
): Column<Project>[] {
  const { organization } = standing;
  return [
    {
      id: 'name',
      title: 'Project',
      cell: ({ id, name }) => (
        <Link href={places.project(organization.id, id)}>
          <Said text={name} strong />
        </Link>
      ),
    },
    {
      id: 'id',
      title: 'Id',
      cell: ({ id }) => (
        <Words size="s" tone="muted" mono>
          {id}
        </Words>
      ),
    },
    { id: 'kind', title: 'Kind', width: '110px', cell: ({ kind }) => kindLabel(kind) },
    {
      id: 'state',
      title: 'State',
      width: '110px',
      cell: ({ archived }) =>
        archived ? (
          <Badge tone="warn">Archived</Badge>
        ) : (
          <Badge tone="good" dot>
            Active
          </Badge>
        ),
    },
    { id: 'made', title: 'Made', width: '150px', cell: ({ created_at }) => <When instant={created_at} /> },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '56px',
      cell: (project) => <ProjectMenu project={project} standing={standing} begin={begin} />,
    },
  ];
}

interface ProjectMenuProps {
  project: Project;
  standing: Standing;
  begin: (project: Project, act: ProjectAct) => void;
}

function ProjectMenu({ project, standing, begin }: ProjectMenuProps) {
  const { organization, mayChange } = standing;
  const manages = mayManage(standing, project);
  const deletes = mayChange('projects.create');
  return (
    <Menu
      label={`${project.name}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${project.name}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      <MenuItem href={places.project(organization.id, project.id)}>Open</MenuItem>
      <MenuItem href={places.events(organization.id, { project_id: project.id })}>See its events</MenuItem>
      {manages && !project.archived && <MenuItem onAction={() => begin(project, 'rename')}>Rename…</MenuItem>}
      {(manages || deletes) && <MenuSeparator />}
      {manages && !project.archived && (
        <MenuItem onAction={() => begin(project, 'archive')}>Archive…</MenuItem>
      )}
      {manages && project.archived && (
        <MenuItem onAction={() => begin(project, 'bring-back')}>Bring back…</MenuItem>
      )}
      {deletes && (
        <MenuItem
          bad
          isDisabled={!project.archived}
          {...(project.archived ? {} : { detail: 'Archive it first' })}
          onAction={() => begin(project, 'delete')}
        >
          Delete…
        </MenuItem>
      )}
    </Menu>
  );
}

/** Who manages an archived project may bring it back, although nothing else is changed in it. */
export function mayManage({ organization, isArchived }: Standing, project: Project): boolean {
  return !isArchived && mayIn(organization, project.id, 'projects.manage');
}
