/** How long an organization keeps its events: what is in force, where that comes from, and since when. */
import { useState } from 'react';

import type { RetentionSettings } from '../../../api/retention';
import { keptFor } from '../../../lib/settings/retention';
import { Button } from '../../../ui/Button';
import { Card, Fill, Row, Section } from '../../../ui/Layout';
import { Words } from '../../../ui/Text';
import { toast } from '../../../ui/toasts';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { When } from '../When';
import styles from './Retention.module.css';
import { RuleDialog } from './RuleDialog';

const DEFAULT = 'the server’s default';

export function OrganizationRule({ settings }: { settings: RetentionSettings }) {
  const { organization, mayChange } = useStanding();
  const refresh = useRefresh();
  const [isOpen, setOpen] = useState(false);
  const { rule, in_force: inForce, default: inherited, updated_at: since } = settings;
  return (
    <Section title="The organization">
      <Card>
        <Row justify="between" gap={4}>
          <Fill>
            <p className={styles['in-force']}>Events are kept {keptFor(inForce)}</p>
            <Words as="p" tone="muted">
              {rule.keep === 'inherited' ? `As ${DEFAULT} says` : 'By a rule of the organization’s own'}
              {since !== null && (
                <>
                  , set <When instant={since} />
                </>
              )}
              . Projects with a rule of their own follow that.
            </Words>
          </Fill>
          {mayChange('retention.manage') && <Button onPress={() => setOpen(true)}>Change…</Button>}
        </Row>
      </Card>
      {isOpen && (
        <RuleDialog
          subject={{
            projectId: undefined,
            name: organization.name,
            rule,
            inForce,
            inherited,
            from: DEFAULT,
          }}
          onClose={() => setOpen(false)}
          onSaved={async () => {
            await refresh();
            toast('The rule is set');
            setOpen(false);
          }}
        />
      )}
    </Section>
  );
}
