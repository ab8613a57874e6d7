/** Verifies the whole log when somebody asks for it, and says plainly what came of it. */
import { ShieldCheck } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';

import { explain } from '../../api/problem';
import type { OwnOrganization } from '../../api/session';
import { numberLabel, plural } from '../../lib/text/numbers';
import { absoluteTime } from '../../lib/time/formats';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Card, Fill, Row, Stack } from '../../ui/Layout';
import { Progress } from '../../ui/Progress';
import { Words } from '../../ui/Text';
import { ChangedKey } from './KeyNote';
import styles from './Proof.module.css';
import { Steps } from './Steps';
import type { LogCheck } from './verify-log';

/** How many steps of a whole are drawn as a share of it. */
const WHOLE = 100;

type State =
  | { kind: 'idle' }
  | { kind: 'running'; done: number }
  | { kind: 'failed'; error: unknown }
  | { kind: 'checked'; check: LogCheck };

export function VerifyLog({ organization, zone }: { organization: OwnOrganization; zone: string }) {
  const [state, setState] = useState<State>({ kind: 'idle' });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const verify = async () => {
    running.current?.abort();
    const controller = new AbortController();
    const { signal } = controller;
    running.current = controller;
    const set = (next: State) => {
      if (!signal.aborted) setState(next);
    };
    set({ kind: 'running', done: 0 });
    try {
      const { verifyLog } = await import('./verify-log');
      const check = await verifyLog({
        organizationId: organization.id,
        signal,
        onProgress: (done) => set({ kind: 'running', done }),
      });
      set({ kind: 'checked', check });
    } catch (error) {
      set({ kind: 'failed', error });
    }
  };
  const isRunning = state.kind === 'running';
  return (
    <Card>
      <Row gap={4} wrap={false}>
        <Fill>
          <Words as="p" tone="muted">
            Checks the newest checkpoint here, in this browser: its signature, that the log has kept all that
            this browser saw of it, and that it begins with what was signed at times over its whole life.
          </Words>
        </Fill>
        <Button
          look="primary"
          icon={<ShieldCheck aria-hidden />}
          isPending={isRunning}
          onPress={() => void verify()}
        >
          Verify now
        </Button>
      </Row>
      {isRunning && <Progress label="Verifying the log" value={Math.round(state.done * WHOLE)} />}
      {state.kind === 'failed' && (
        <Callout kind="warn" title="The log could not be verified">
          {explain(state.error)}
        </Callout>
      )}
      {state.kind === 'checked' && (
        <Result organization={organization} check={state.check} zone={zone} onAgain={() => void verify()} />
      )}
    </Card>
  );
}

interface ResultProps {
  organization: OwnOrganization;
  check: LogCheck;
  zone: string;
  onAgain: () => void;
}

function Result({ organization, check, zone, onAgain }: ResultProps) {
  const { verdict, steps, size, compared, since, alarm, changedKey } = check;
  return (
    <Stack gap={3}>
      {verdict === 'verified' && (
        <Callout kind="good" title="The log holds">
          All {numberLabel(size)} events are under a valid signature
          {compared > 0 &&
            `, and begin with what was signed at ${plural(compared, 'earlier time')}${since === undefined ? '' : `, back to ${absoluteTime(since, zone, 'seconds')}`}`}
          .
        </Callout>
      )}
      {verdict === 'incomplete' && (
        <Callout kind="warn" title="Not all could be verified">
          Nothing that was checked is wrong; the steps say what could not be checked.
        </Callout>
      )}
      {verdict === 'failed' && (
        <Callout kind="bad" title="The log does not hold">
          {alarm ?? 'The steps say what is wrong.'} Keep this browser’s data, and tell whoever runs the server
          and whoever audits it.
        </Callout>
      )}
      {changedKey !== undefined && (
        <ChangedKey organization={organization} check={changedKey} onTrusted={onAgain} />
      )}
      <details className={styles['folded']} open={verdict !== 'verified'}>
        <summary>{plural(steps.length, 'step')}</summary>
        <Steps steps={steps} />
      </details>
    </Stack>
  );
}
