/** What an organization is, and what one is in it oneself. */
import type { Organization } from '../../../api/organizations';
import { Badge } from '../../../ui/Badge';
import { Copyable } from '../../../ui/Copy';
import { type Fact, Facts } from '../../../ui/Facts';
import { Card } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { useOrganization } from '../../shell/use-organization';
import { When } from '../When';

export function OrganizationFacts({ settings }: { settings?: Organization }) {
  const organization = useOrganization();
  const facts: Fact[] = [
    { name: 'Id', value: <Copyable text={organization.id} what="Organization id" /> },
    ...(settings === undefined ? [] : [{ name: 'Made', value: <When instant={settings.created_at} /> }]),
    {
      name: 'State',
      value: organization.archived ? (
        <Badge tone="warn">Archived</Badge>
      ) : (
        <Badge tone="good" dot>
          Active
        </Badge>
      ),
    },
    { name: 'Your role', value: <Said text={organization.role?.name ?? 'None in the organization'} /> },
  ];
  return (
    <Card>
      <Facts facts={facts} />
    </Card>
  );
}
