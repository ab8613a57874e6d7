/** Renames an organization. */
import { useState } from 'react';

import { changeOrganization, type Organization } from '../../../api/organizations';
import { explain, isProblem } from '../../../api/problem';
import { wrongWithName } from '../../../lib/settings/names';
import { Button } from '../../../ui/Button';
import { TextField } from '../../../ui/Field';
import { Card, Form } from '../../../ui/Layout';
import { toast } from '../../../ui/toasts';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';

export function OrganizationName({ settings }: { settings: Organization }) {
  const { mayChange } = useStanding();
  const refresh = useRefresh();
  const [name, setName] = useState(settings.name);
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const canChange = mayChange('organization.manage');
  const isChanged = name.trim() !== settings.name;
  const save = async () => {
    const wrong = wrongWithName(name);
    setError(wrong);
    if (wrong !== undefined || !isChanged) return;
    setPending(true);
    try {
      await changeOrganization(settings.id, { name: name.trim() });
      await refresh();
      toast('The organization has its new name');
    } catch (reason) {
      setError((isProblem(reason) ? reason.at('/name') : undefined) ?? explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Card>
      <Form
        label="Name of the organization"
        onSubmit={() => void save()}
        footer={
          canChange ? (
            <Button type="submit" look="primary" isPending={isPending} isDisabled={!isChanged}>
              Save the name
            </Button>
          ) : undefined
        }
      >
        <TextField
          label="Name"
          description="Everybody in the organization sees it, and those who are invited to it."
          value={name}
          onChange={setName}
          isReadOnly={!canChange}
          error={error}
        />
      </Form>
    </Card>
  );
}
