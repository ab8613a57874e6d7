/** Which organization the page is about, and the way to the others. */
import { ChevronsUpDown } from 'lucide-react';
import { Button } from 'react-aria-components';

import { places } from '../../api/places';
import type { OwnOrganization, SignedIn } from '../../api/session';
import { LightMenu } from '../../ui/LightMenu';
import { Logo } from '../../ui/Logo';
import styles from './Shell.module.css';

export interface OrganizationSwitchProps {
  session: SignedIn;
  organization: OwnOrganization | undefined;
}

export function OrganizationSwitch({ session, organization }: OrganizationSwitchProps) {
  const name = organization?.name ?? 'Evident';
  if (session.organizations.length < 2) {
    return (
      <div className={styles['switch']}>
        <Logo />
        <span className={styles['switch-name']} title={name}>
          {name}
        </span>
      </div>
    );
  }
  const items = session.organizations.map(({ id, name: label, archived }) => ({
    id,
    label,
    href: places.events(id),
    ...(archived && { detail: 'Archived' }),
  }));
  return (
    <LightMenu
      label="Organizations"
      sections={[{ title: '', items }]}
      selected={organization === undefined ? [] : [organization.id]}
      trigger={
        <Button className={styles['switch'] ?? ''} aria-label={`Organization: ${name}`}>
          <Logo />
          <span className={styles['switch-name']}>{name}</span>
          <ChevronsUpDown aria-hidden />
        </Button>
      }
    />
  );
}
