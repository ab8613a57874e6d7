/** Where one is signed in, and the way to end that. */
import { useQuery } from '@tanstack/react-query';
import { Laptop, Smartphone } from 'lucide-react';
import { useState } from 'react';

import { endOtherSessions, endSession, type SessionInfo, sessionsQuery } from '../../api/account';
import { explain } from '../../api/problem';
import { deviceInWords, isHandheld } from '../../lib/sign-in/device';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Card, Row } from '../../ui/Layout';
import { type Column, DataTable } from '../../ui/DataTable';
import { Confirm } from '../../ui/Modal';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import { Time } from '../events/Time';
import { Loaded } from '../settings/Loaded';
import styles from './Profile.module.css';

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Sessions() {
  const query = useQuery(sessionsQuery);
  const [ending, setEnding] = useState<SessionInfo | 'others'>();
  const others = query.data?.filter(({ current }) => !current).length ?? 0;
  const end = async () => {
    if (ending === 'others') {
      await endOtherSessions();
      toast('All other sessions have ended');
    } else if (ending !== undefined) {
      await endSession(ending.id);
      toast('The session has ended');
    }
  };
  return (
    <Card
      flush
      title="Where you are signed in"
      actions={
        others > 0 ? (
          <Button size="s" onPress={() => setEnding('others')}>
            End all others
          </Button>
        ) : undefined
      }
    >
      <Loaded query={query} what="Your sessions" lines={3}>
        {(sessions) => (
          <DataTable
            label="Sessions"
            columns={columnsOf(setEnding)}
            items={sessions}
            keyOf={({ id }) => id}
          />
        )}
      </Loaded>
      <Confirm
        title={ending === 'others' ? 'End all other sessions' : 'End this session'}
        action={ending === 'others' ? `End ${others === 1 ? 'it' : `all ${others}`}` : 'End the session'}
        isOpen={ending !== undefined}
        onClose={() => setEnding(undefined)}
        onConfirm={end}
        explain={explain}
      >
        <p>
          {ending === 'others' || ending === undefined
            ? 'Every browser but this one has to sign in again.'
            : `${deviceInWords(ending.user_agent)} at ${ending.address} has to sign in again.`}{' '}
          If you do not know one of them, change your password.
        </p>
      </Confirm>
    </Card>
  );
}

function columnsOf(onEnd: (session: SessionInfo) => void): Column<SessionInfo>[] {
  return [
    {
      id: 'device',
      title: 'Device',
      cell: ({ user_agent: userAgent, current, method, created_at: begun, expires_at: ends }) => (
        <span className={styles['device']} title={userAgent}>
          {isHandheld(userAgent) ? <Smartphone aria-hidden /> : <Laptop aria-hidden />}
          <span className={styles['lines']}>
            <Row gap={2}>
              <Words>{deviceInWords(userAgent)}</Words>
              {current && <Badge tone="accent">This one</Badge>}
              {method === 'sso' && <Badge>Single sign-on</Badge>}
            </Row>
            <Words size="s" tone="muted">
              Begun <Time instant={begun} zone={zone()} style="relative" />, ends by{' '}
              <Time instant={ends} zone={zone()} style="relative" />
            </Words>
          </span>
        </span>
      ),
    },
    { id: 'address', title: 'Address', width: '22%', cell: ({ address }) => <Words mono>{address}</Words> },
    {
      id: 'seen',
      width: '18%',
      title: 'Last used',
      cell: (session) => <Time instant={session.last_seen_at} zone={zone()} style="relative" />,
    },
    {
      id: 'end',
      title: 'End',
      hideTitle: true,
      align: 'end',
      cell: (session) =>
        session.current ? null : (
          <Button
            size="s"
            aria-label={`End the session of ${deviceInWords(session.user_agent)} at ${session.address}`}
            onPress={() => onEnd(session)}
          >
            End
          </Button>
        ),
    },
  ];
}
