/** How long the events of one project are kept: its own rule, or the organization's. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../../api/places';
import { type ProjectRetention, projectRetentionQuery, retentionQuery } from '../../../api/retention';
import { keptFor } from '../../../lib/settings/retention';
import { Button } from '../../../ui/Button';
import { Card, Fill, Row } from '../../../ui/Layout';
import { Words } from '../../../ui/Text';
import { toast } from '../../../ui/toasts';
import { Loaded } from '../Loaded';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { When } from '../When';
import { subjectOf } from './ProjectRules';
import styles from './Retention.module.css';
import { RuleDialog } from './RuleDialog';

export function ProjectRetentionCard({ projectId }: { projectId: string }) {
  const { organization } = useStanding();
  const query = useQuery(projectRetentionQuery(organization.id, projectId));
  return (
    <Card>
      <Loaded query={query} what="How long its events are kept" lines={2}>
        {(project) => <OneProject project={project} />}
      </Loaded>
    </Card>
  );
}

function OneProject({ project }: { project: ProjectRetention }) {
  const { organization, mayChange } = useStanding();
  const refresh = useRefresh();
  const [isOpen, setOpen] = useState(false);
  // What the organization's rule says is what the project's would be without one of its own.
  const whole = useQuery(retentionQuery(organization.id));
  const isInherited = project.rule.keep === 'inherited';
  return (
    <>
      <Row justify="between" gap={4}>
        <Fill>
          <p className={styles['in-force']}>Events are kept {keptFor(project.in_force)}</p>
          <Words as="p" tone="muted">
            {isInherited ? 'As the organization says.' : 'By a rule of the project’s own'}
            {project.updated_at !== null && (
              <>
                , set <When instant={project.updated_at} />
              </>
            )}
            {isInherited ? ' ' : '. '}
            <Link href={places.settings(organization.id, 'retention')}>All rules and runs</Link>
          </Words>
        </Fill>
        {mayChange('retention.manage', project.project_id) && (
          <Button isDisabled={whole.data === undefined} onPress={() => setOpen(true)}>
            Change…
          </Button>
        )}
      </Row>
      {isOpen && whole.data !== undefined && (
        <RuleDialog
          subject={subjectOf(project, whole.data.in_force)}
          onClose={() => setOpen(false)}
          onSaved={async () => {
            await refresh();
            toast(`The rule of ${project.name} is set`);
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
