/** The frame of the settings: which of them there are, and which is shown. */
import { useLocation } from '@tanstack/react-router';
import { ChevronsUpDown } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../api/places';
import { Button } from '../../ui/Button';
import { Menu, MenuItem, MenuSection } from '../../ui/Menu';
import { useOrganization } from '../shell/use-organization';
import { sectionsOf } from './sections';
import styles from './Settings.module.css';

/** Whether the address is that page, or one below it. */
function isWithin(pathname: string, href: string): boolean {
  return pathname === href || pathname.startsWith(`${href}/`);
}

export function SettingsLayout({ children }: { children: ReactNode }) {
  const organization = useOrganization();
  const { pathname } = useLocation();
  const groups = useMemo(
    () =>
      sectionsOf(organization).map(({ title, links }) => ({
        title,
        links: links.map(({ page, label }) => ({ label, href: places.settings(organization.id, page) })),
      })),
    [organization],
  );
  const here = groups.flatMap(({ links }) => links).find(({ href }) => isWithin(pathname, href));
  return (
    <div className={styles['layout']}>
      <div className={styles['frame']}>
        <div className={styles['aside']}>
          <nav className={styles['groups']} aria-label="Settings">
            {groups.map(({ title, links }) => (
              <div key={title}>
                <p className={styles['group-title']}>{title}</p>
                {links.map(({ href, label }) => (
                  <Link
                    key={href}
                    href={href}
                    className={styles['link'] ?? ''}
                    {...(href === here?.href ? { 'aria-current': 'page' as const } : {})}
                  >
                    {label}
                  </Link>
                ))}
              </div>
            ))}
          </nav>
        </div>
        <div className={styles['page']}>
          <div className={styles['bar']}>
            <Menu
              label="Settings"
              trigger={
                <Button icon={<ChevronsUpDown aria-hidden />}>
                  Settings: {here?.label ?? 'choose a page'}
                </Button>
              }
            >
              {groups.map(({ title, links }) => (
                <MenuSection key={title} title={title}>
                  {links.map(({ href, label }) => (
                    <MenuItem key={href} href={href} {...(href === here?.href ? { detail: 'Shown' } : {})}>
                      {label}
                    </MenuItem>
                  ))}
                </MenuSection>
              ))}
            </Menu>
          </div>
          {children}
        </div>
      </div>
    </div>
  );
}
