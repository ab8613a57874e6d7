/** The second factor: whether there is one, and what can be done about it. */
import { useState } from 'react';

import { endSecondFactor, renewRecoveryCodes } from '../../api/account';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Fill, Row, Stack } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import { BeginSecondFactor } from './BeginSecondFactor';
import { PasswordAndCode } from './PasswordAndCode';
import { RecoveryCodes } from './RecoveryCodes';

/** As many recovery codes, or fewer, are soon none. */
const FEW_CODES = 3;

export interface SecondFactorCardProps {
  email: string;
  isOn: boolean;
  recoveryCodes: number;
}

type Open = 'begin' | 'renew' | 'end';

export function SecondFactorCard({ email, isOn, recoveryCodes }: SecondFactorCardProps) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <Stack gap={4}>
      <Row gap={3} align="start" wrap={false}>
        {isOn ? <Badge tone="good">In use</Badge> : <Badge>Not in use</Badge>}
        <Fill>
          <Words tone="muted">
            {isOn
              ? `A code of your authenticator app is asked for beside the password. ${countWords(recoveryCodes)}`
              : 'A code of an app on your phone, asked for beside the password: who learns the password alone does not come in.'}
          </Words>
        </Fill>
      </Row>
      {isOn && recoveryCodes <= FEW_CODES && (
        <Callout kind="warn">
          Make new recovery codes before there are none: without the app you would be locked out.
        </Callout>
      )}
      <Row>
        {isOn ? (
          <>
            <Button onPress={() => setOpen('renew')}>New recovery codes</Button>
            <Button onPress={() => setOpen('end')}>Turn it off</Button>
          </>
        ) : (
          <Button onPress={() => setOpen('begin')}>Set it up</Button>
        )}
      </Row>
      {open === 'begin' && <BeginSecondFactor email={email} onClose={close} />}
      {open === 'renew' && <RenewCodes email={email} onClose={close} />}
      {open === 'end' && <EndSecondFactor onClose={close} />}
    </Stack>
  );
}

function countWords(codes: number): string {
  if (codes === 0) return 'There are no recovery codes left.';
  return codes === 1 ? 'There is 1 recovery code left.' : `There are ${codes} recovery codes left.`;
}

function RenewCodes({ email, onClose }: { email: string; onClose: () => void }) {
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <Modal title="New recovery codes" isOpen onClose={onClose} mustBeClosed={codes !== undefined}>
      {codes === undefined ? (
        <>
          <Words as="p">Those that you have now work no more, once you have new ones.</Words>
          <PasswordAndCode
            action="Make new codes"
            look="primary"
            onSubmit={async (password, code) => setCodes(await renewRecoveryCodes(password, code))}
          />
        </>
      ) : (
        <RecoveryCodes codes={codes} email={email} onKept={onClose} />
      )}
    </Modal>
  );
}

function EndSecondFactor({ onClose }: { onClose: () => void }) {
  return (
    <Modal title="Turn off the second factor" isOpen onClose={onClose}>
      <Words as="p">From then on the password alone signs you in. Your recovery codes are forgotten.</Words>
      <PasswordAndCode
        action="Turn it off"
        look="danger"
        onSubmit={async (password, code) => {
          await endSecondFactor(password, code);
          toast('The second factor is off');
          onClose();
        }}
      />
    </Modal>
  );
}
