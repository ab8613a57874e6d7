/** The pages of an organization, as far as the person's role shows them. */
import { useLocation } from '@tanstack/react-router';
import { BookOpen, ChartNoAxesColumn, Download, List, Settings, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../api/places';
import { may, mayAnywhere, type OwnOrganization } from '../../api/session';
import styles from './Shell.module.css';

interface Item {
  href: string;
  label: string;
  icon: ReactNode;
}

function itemsOf(organization: OwnOrganization): Item[] {
  const { id } = organization;
  const reads = mayAnywhere(organization, 'events.read');
  const items: (Item | false)[] = [
    { href: places.events(id), label: 'Events', icon: <List aria-hidden /> },
    reads && { href: places.insights(id), label: 'Insights', icon: <ChartNoAxesColumn aria-hidden /> },
    mayAnywhere(organization, 'events.export') && {
      href: places.exports(id),
      label: 'Exports',
      icon: <Download aria-hidden />,
    },
    may(organization, 'log.read') && {
      href: places.integrity(id),
      label: 'Integrity',
      icon: <ShieldCheck aria-hidden />,
    },
    { href: places.catalog(id), label: 'Catalog', icon: <BookOpen aria-hidden /> },
    { href: places.settings(id), label: 'Settings', icon: <Settings aria-hidden /> },
  ];
  return items.filter((item) => item !== false);
}

/** The first part of an address after the organization's, by which pages belong together. */
function partOf(path: string): string {
  return path.split('/')[3] ?? '';
}

export function Navigation({ organization }: { organization: OwnOrganization }) {
  const { pathname } = useLocation();
  const here = pathname.startsWith('/o/') ? partOf(pathname) : '';
  return (
    <nav className={styles['navigation']} aria-label="Pages">
      {itemsOf(organization).map(({ href, label, icon }) => (
        <Link
          key={href}
          href={href}
          className={styles['link'] ?? ''}
          {...(partOf(href) === here ? { 'aria-current': 'page' as const } : {})}
        >
          {icon}
          {label}
        </Link>
      ))}
    </nav>
  );
}
