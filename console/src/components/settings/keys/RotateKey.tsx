/** Makes a key that takes the place of another, which works on for a while so that nothing stops meanwhile. */
import { useState } from 'react';

import { type ApiKey, type MadeKey, rotateKey } from '../../../api/keys';
import { explain, isProblem } from '../../../api/problem';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { type Option, Select } from '../../../ui/Select';
import { Points } from '../Grave';
import { type EndChoice, ENDS, keyName } from './key-words';
import { daysOf, EndField, wrongWithDays } from './KeyFields';

const FORM = 'rotate-key';

/** For how many hours both keys work, as it is offered. */
const OVERLAPS = [
  { value: '0', label: 'Not at all', detail: 'It stops with the answer: for a key that has leaked' },
  { value: '1', label: 'For an hour' },
  { value: '24', label: 'For a day' },
  { value: '168', label: 'For a week' },
  { value: '720', label: 'For 30 days' },
] as const satisfies readonly Option[];
type Overlap = (typeof OVERLAPS)[number]['value'];

export interface RotateKeyProps {
  apiKey: ApiKey;
  onClose: () => void;
  onMade: (key: MadeKey) => Promise<void>;
}

export function RotateKey({ apiKey, onClose, onMade }: RotateKeyProps) {
  const [overlap, setOverlap] = useState<Overlap>('24');
  const [end, setEnd] = useState<EndChoice | 'same'>('same');
  const [days, setDays] = useState('');
  const [mistakes, setMistakes] = useState<{ end?: string | undefined; other?: string }>({});
  const [isPending, setPending] = useState(false);
  // A new key cannot be made to last for ever where the one before ends: leaving the end out takes that one's.
  const ends: Option<EndChoice | 'same'>[] = [
    { value: 'same', label: apiKey.expires_at === null ? 'Never' : 'When this one would have' },
    ...ENDS.filter(({ value }) => value !== 'never'),
  ];
  const rotate = async () => {
    const wrong = { end: wrongWithDays(end, days) };
    setMistakes(wrong);
    if (wrong.end !== undefined) return;
    const lives = daysOf(end, days);
    setPending(true);
    try {
      const made = await rotateKey(apiKey.id, {
        overlap_hours: Number(overlap),
        ...(lives !== undefined && { expires_in_days: lives }),
      });
      await onMade(made);
    } catch (error) {
      setMistakes({
        end: isProblem(error) ? (error.at('/expires_in_days') ?? error.at('/expires_at')) : undefined,
        other: explain(error),
      });
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={`Rotate ${keyName(apiKey)}`}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look={overlap === '0' ? 'danger' : 'primary'}
            type="submit"
            form={FORM}
            isPending={isPending}
          >
            Make the new key
          </Button>
        </>
      }
    >
      <Form id={FORM} label="Rotate the API key" onSubmit={() => void rotate()}>
        <Select
          label="The old key works on"
          options={OVERLAPS}
          value={overlap}
          onChange={setOverlap}
          description={
            apiKey.expires_at === null ? undefined : 'Never longer than it would have: its own end stays.'
          }
        />
        <EndField
          label="The new key ends"
          options={ends}
          choice={end}
          onChoice={setEnd}
          days={days}
          onDays={setDays}
          error={mistakes.end}
        />
        <Points>
          {[
            'The new key has the same name, kind, scope and addresses. It is shown once.',
            overlap === '0'
              ? 'Whatever still uses the old key is refused from now on.'
              : 'Put the new key where the old one is before the old one stops.',
            'The old key can no longer be changed; it can still be revoked.',
          ]}
        </Points>
        {mistakes.other !== undefined && mistakes.end === undefined && (
          <Callout kind="bad">{mistakes.other}</Callout>
        )}
      </Form>
    </Modal>
  );
}
