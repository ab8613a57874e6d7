/** The settings of an organization: their navigation, and the page that is chosen in it. */
import { Outlet } from '@tanstack/react-router';

import { SettingsLayout } from '../../components/settings/SettingsLayout';

export function Settings() {
  return (
    <SettingsLayout>
      <Outlet />
    </SettingsLayout>
  );
}
