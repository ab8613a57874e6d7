/**
 * The frame around every page of who is signed in: where one is, where one can go, and who one is. On a narrow
 * screen it is a bar with a menu.
 */
import { Outlet, useLocation } from '@tanstack/react-router';
import { Menu as MenuIcon, X } from 'lucide-react';
import { useRef, useState } from 'react';

import { useSession } from '../../api/session';
import { IconButton } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { Logo } from '../../ui/Logo';
import { AccountMenu } from './AccountMenu';
import { Navigation } from './Navigation';
import { OrganizationSwitch } from './OrganizationSwitch';
import styles from './Shell.module.css';
import { ShortcutsProvider } from './Shortcuts';
import { useOrganizationId } from './use-organization';

export function Shell() {
  const session = useSession();
  const organizationId = useOrganizationId();
  const { pathname } = useLocation();
  // The menu of a narrow window is open on one page: whoever goes to another has chosen.
  const [openOn, setOpenOn] = useState<string>();
  const open = openOn === pathname;
  const main = useRef<HTMLElement>(null);
  if (session === undefined) return null;
  const organization =
    session.organizations.find(({ id }) => id === organizationId) ?? session.organizations[0];
  return (
    <ShortcutsProvider>
      <div className={styles['shell']}>
        <header className={styles['top']}>
          <button type="button" className={styles['skip']} onClick={() => main.current?.focus()}>
            Skip to the page
          </button>
          <div className={styles['bar']}>
            <IconButton
              label={open ? 'Close the menu' : 'Open the menu'}
              aria-expanded={open}
              onPress={() => setOpenOn(open ? undefined : pathname)}
            >
              {open ? <X aria-hidden /> : <MenuIcon aria-hidden />}
            </IconButton>
            <Logo />
            <span className={styles['name']}>Evident</span>
          </div>
          <div className={classes(styles['side'], open && styles['open'])}>
            <OrganizationSwitch session={session} organization={organization} />
            {organization !== undefined && <Navigation organization={organization} />}
            <AccountMenu session={session} />
          </div>
        </header>
        <main className={styles['main']} ref={main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </ShortcutsProvider>
  );
}
