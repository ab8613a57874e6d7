/** The role that new members begin with. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { defaultRoleQuery, type PermissionEntry, type Role, setDefaultRole } from '../../../api/roles';
import { Button } from '../../../ui/Button';
import { Card, Form, Section } from '../../../ui/Layout';
import { Select } from '../../../ui/Select';
import { toast } from '../../../ui/toasts';
import { explainRole } from '../ChangeRole';
import { Loaded } from '../Loaded';
import { roleChoices } from '../role-choices';
import styles from '../Settings.module.css';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';

export interface DefaultRoleProps {
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
}

export function DefaultRole(props: DefaultRoleProps) {
  const { organization } = useStanding();
  const query = useQuery(defaultRoleQuery(organization.id));
  return (
    <Section
      title="Default role"
      description="New members begin with it unless their invitation, or a group of single sign-on, says otherwise."
    >
      <Card>
        <Loaded query={query} what="The default role" lines={2}>
          {(role) => <DefaultRoleForm key={role.id} current={role} {...props} />}
        </Loaded>
      </Card>
    </Section>
  );
}

function DefaultRoleForm({ current, roles, permissions }: DefaultRoleProps & { current: Role }) {
  const { mayChange, permissionsIn } = useStanding();
  const refresh = useRefresh();
  const [chosen, setChosen] = useState(current.id);
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const canChange = mayChange('roles.manage');
  const save = async () => {
    if (chosen === current.id) return;
    setPending(true);
    setError(undefined);
    try {
      const role = await setDefaultRole(chosen);
      await refresh();
      toast(`New members begin as ${role.name}`);
    } catch (reason) {
      setError(explainRole(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="Default role"
      onSubmit={() => void save()}
      footer={
        canChange ? (
          <Button type="submit" look="primary" isPending={isPending} isDisabled={chosen === current.id}>
            Save the default role
          </Button>
        ) : undefined
      }
    >
      <div className={styles['short']}>
        <Select
          label="Role of new members"
          options={roleChoices(roles, 'organization', permissions, permissionsIn())}
          value={chosen}
          onChange={setChosen}
          isDisabled={!canChange}
          error={error}
        />
      </div>
    </Form>
  );
}
