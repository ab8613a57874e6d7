/** The projects with a rule of their own, and giving one to another project. */
import { useQuery } from '@tanstack/react-query';
import { MoreHorizontal } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../../api/places';
import { projectsQuery } from '../../../api/projects';
import type { ProjectRetention, RetentionSettings } from '../../../api/retention';
import { pageOf, search } from '../../../lib/settings/listing';
import { keptFor } from '../../../lib/settings/retention';
import { Badge } from '../../../ui/Badge';
import { Button, IconButton } from '../../../ui/Button';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card, Row, Section } from '../../../ui/Layout';
import { Menu, MenuItem } from '../../../ui/Menu';
import { Said } from '../../../ui/Said';
import { Select } from '../../../ui/Select';
import { EmptyState } from '../../../ui/States';
import { toast } from '../../../ui/toasts';
import { ListTools, Pager } from '../ListTools';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { When } from '../When';
import styles from './Retention.module.css';
import type { RuleSubject } from './rule-draft';
import { RuleDialog } from './RuleDialog';

const INHERITED = { keep: 'inherited', days: null } as const;

export function subjectOf(
  project: ProjectRetention,
  organization: RetentionSettings['in_force'],
): RuleSubject {
  return {
    projectId: project.project_id,
    name: project.name,
    rule: project.rule,
    inForce: project.in_force,
    inherited: organization,
    from: 'the organization',
  };
}

export function ProjectRules({ settings }: { settings: RetentionSettings }) {
  const { organization, mayChange } = useStanding();
  const refresh = useRefresh();
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const [subject, setSubject] = useState<RuleSubject>();
  const found = search(settings.projects, words, ({ project_id, name }) => [project_id, name]);
  const shown = pageOf(found, page);
  const columns: Column<ProjectRetention>[] = [
    {
      id: 'project',
      title: 'Project',
      cell: ({ project_id, name, deleted }) => (
        <Row>
          {deleted ? (
            <Said text={name} strong />
          ) : (
            <Link href={places.project(organization.id, project_id)}>
              <Said text={name} strong />
            </Link>
          )}
          {deleted && <Badge tone="warn">Deleted</Badge>}
        </Row>
      ),
    },
    { id: 'kept', title: 'Events are kept', cell: ({ in_force }) => keptFor(in_force) },
    {
      id: 'since',
      title: 'Set',
      width: '160px',
      cell: ({ updated_at }) => (updated_at === null ? '' : <When instant={updated_at} />),
    },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '56px',
      cell: (project) =>
        mayChange('retention.manage', project.project_id) && (
          <ProjectRuleMenu
            name={project.name}
            onChange={() => setSubject(subjectOf(project, settings.in_force))}
          />
        ),
    },
  ];
  return (
    <Section
      title="Projects with a rule of their own"
      description="It counts for the events that name the project, be it longer or shorter than the organization’s."
    >
      <Card flush>
        {settings.projects.length > 0 && (
          <ListTools
            what="projects"
            words={words}
            onWords={(next) => {
              setWords(next);
              setPage(0);
            }}
          />
        )}
        <DataTable
          label="Projects with a rule of their own"
          columns={columns}
          items={shown.items}
          keyOf={({ project_id }) => project_id}
          empty={
            settings.projects.length === 0 ? (
              <p className={styles['none']}>None: all projects follow the organization.</p>
            ) : (
              <EmptyState title="No project is called that">Search by name or id.</EmptyState>
            )
          }
        />
        {settings.projects.length > 0 && (
          <Pager
            what="projects"
            page={shown}
            found={found.length}
            all={settings.projects.length}
            onPage={setPage}
          />
        )}
        <AddRule settings={settings} onChosen={setSubject} />
      </Card>
      {subject !== undefined && (
        <RuleDialog
          subject={subject}
          onClose={() => setSubject(undefined)}
          onSaved={async () => {
            await refresh();
            toast(`The rule of ${subject.name} is set`);
            setSubject(undefined);
          }}
        />
      )}
    </Section>
  );
}

function ProjectRuleMenu({ name, onChange }: { name: string; onChange: () => void }) {
  return (
    <Menu
      label={`${name}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${name}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onAction={onChange}>Change or take away…</MenuItem>
    </Menu>
  );
}

interface AddRuleProps {
  settings: RetentionSettings;
  onChosen: (subject: RuleSubject) => void;
}

function AddRule({ settings, onChosen }: AddRuleProps) {
  const { organization, mayChange } = useStanding();
  const projects = useQuery(projectsQuery(organization.id));
  const [chosen, setChosen] = useState<string>();
  const others = (projects.data ?? []).filter(
    ({ id }) =>
      mayChange('retention.manage', id) && !settings.projects.some(({ project_id: listed }) => listed === id),
  );
  if (others.length === 0) return null;
  const project = others.find(({ id }) => id === chosen);
  return (
    <div className={styles['choose']}>
      <Select
        label="Another project"
        placeholder="Choose a project"
        options={others.map(({ id, name }) => ({ value: id, label: name }))}
        value={project?.id ?? null}
        onChange={setChosen}
      />
      <Button
        isDisabled={project === undefined}
        onPress={() => {
          if (project === undefined) return;
          onChosen({
            projectId: project.id,
            name: project.name,
            rule: INHERITED,
            inForce: settings.in_force,
            inherited: settings.in_force,
            from: 'the organization',
          });
        }}
      >
        Give it a rule…
      </Button>
    </div>
  );
}
