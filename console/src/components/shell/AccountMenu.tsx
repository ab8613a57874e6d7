/** Who is signed in, and what belongs to that person: the account, the theme, the way out. */
import { useRouter } from '@tanstack/react-router';
import { ChevronsUpDown, Keyboard, LogOut, Server, User } from 'lucide-react';
import { Button } from 'react-aria-components';

import { explain } from '../../api/problem';
import { places } from '../../api/places';
import { signOut, type SignedIn } from '../../api/session';
import { LightMenu, type LightItem } from '../../ui/LightMenu';
import { setTheme, type Theme, useTheme } from '../../ui/theme';
import { toast } from '../../ui/toasts';
import styles from './Shell.module.css';
import { useShortcuts } from './Shortcuts';

const THEMES: readonly { id: Theme; label: string }[] = [
  { id: 'system', label: 'As the system' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
];

export function AccountMenu({ session }: { session: SignedIn }) {
  const router = useRouter();
  const theme = useTheme();
  const { showHelp } = useShortcuts();
  const { user } = session;
  const shown = user.name === '' ? user.email : user.name;
  const leave = async () => {
    try {
      await signOut();
      router.history.push(places.login());
    } catch (error) {
      toast(explain(error), 'bad');
    }
  };
  const account: LightItem[] = [
    {
      id: 'profile',
      label: 'Profile',
      href: places.profile,
      icon: <User aria-hidden />,
      ...(user.name !== '' && { detail: user.email }),
    },
    ...(user.instance_owner
      ? [{ id: 'instance', label: 'This server', href: places.instance, icon: <Server aria-hidden /> }]
      : []),
    { id: 'keys', label: 'Keyboard', onAction: showHelp, icon: <Keyboard aria-hidden />, shortcut: '?' },
  ];
  const themes = THEMES.map(({ id, label }) => ({
    id,
    label,
    onAction: () => setTheme(id),
    ...(theme === id && { end: 'in use' }),
  }));
  const out = { id: 'out', label: 'Sign out', onAction: () => void leave(), icon: <LogOut aria-hidden /> };
  return (
    <LightMenu
      label="Account"
      at="top start"
      sections={[
        { title: '', items: account },
        { title: 'Theme', items: themes },
        { title: 'Session', items: [out] },
      ]}
      trigger={
        <Button
          className={`${styles['switch'] ?? ''} ${styles['account'] ?? ''}`}
          aria-label={`Account: ${shown}`}
        >
          <span className={styles['face']} data-letter={Array.from(shown)[0]?.toUpperCase()} aria-hidden />
          <span className={styles['switch-name']}>{shown}</span>
          <ChevronsUpDown aria-hidden />
        </Button>
      }
    />
  );
}
