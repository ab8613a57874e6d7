/** Changes what a key is called, when it ends, and where it may be used from. What it may do stays. */
import { useState } from 'react';

import { type ApiKey, type ApiKeyChange, changeKey } from '../../../api/keys';
import { explain, isProblem } from '../../../api/problem';
import { endAfterDays } from '../../../lib/settings/api-keys';
import { readList, writeList } from '../../../lib/settings/lines';
import { wrongWithName } from '../../../lib/settings/names';
import { sameSet } from '../../../lib/settings/permissions';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import type { Option } from '../../../ui/Select';
import { absoluteTime } from '../../../lib/time/formats';
import { ownZone } from '../../../lib/time/zones';
import { type EndChoice, ENDS, keyName } from './key-words';
import {
  AddressesField,
  daysOf,
  EndField,
  hasMistakes,
  type KeyMistakes,
  mistakesOf,
  wrongWithAddresses,
  wrongWithDays,
} from './KeyFields';

const FORM = 'change-key';

export interface ChangeKeyProps {
  apiKey: ApiKey;
  onClose: () => void;
  onChanged: (key: ApiKey) => Promise<void>;
}

export function ChangeKey({ apiKey, onClose, onChanged }: ChangeKeyProps) {
  const [name, setName] = useState(apiKey.name);
  const [end, setEnd] = useState<EndChoice | 'stays'>('stays');
  const [days, setDays] = useState('');
  const [addresses, setAddresses] = useState(writeList(apiKey.allowed_addresses));
  const [mistakes, setMistakes] = useState<KeyMistakes>({});
  const [isPending, setPending] = useState(false);
  const ends: Option<EndChoice | 'stays'>[] = [
    {
      value: 'stays',
      label:
        apiKey.expires_at === null
          ? 'As it is: never'
          : `As it is: ${absoluteTime(apiKey.expires_at, ownZone(), 'seconds')}`,
    },
    ...ENDS.filter(({ value }) => value !== 'never' || apiKey.expires_at !== null),
  ];
  const save = async () => {
    const wrong: KeyMistakes = {
      // The first keys have no name, and may stay without one.
      name: name.trim() === apiKey.name ? undefined : wrongWithName(name),
      end: wrongWithDays(end, days),
      addresses: wrongWithAddresses(addresses),
    };
    setMistakes(wrong);
    if (hasMistakes(wrong)) return;
    const lives = daysOf(end, days);
    const listed = readList(addresses);
    const change: ApiKeyChange = {
      ...(name.trim() !== apiKey.name && { name: name.trim() }),
      ...(end === 'never' && { expires_at: null }),
      ...(lives !== undefined && { expires_at: endAfterDays(lives, Date.now()) }),
      ...(!sameSet(listed, apiKey.allowed_addresses) && { allowed_addresses: listed }),
    };
    setPending(true);
    try {
      await onChanged(Object.keys(change).length === 0 ? apiKey : await changeKey(apiKey.id, change));
    } catch (error) {
      setMistakes(isProblem(error) ? mistakesOf(error) : { other: explain(error) });
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={`Change ${keyName(apiKey)}`}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Save the key
          </Button>
        </>
      }
    >
      <Form id={FORM} label="Change the API key" onSubmit={() => void save()}>
        <TextField label="Name" value={name} onChange={setName} error={mistakes.name} autoFocus />
        <EndField
          label="It ends"
          options={ends}
          choice={end}
          onChoice={setEnd}
          days={days}
          onDays={setDays}
          error={mistakes.end}
        />
        <AddressesField value={addresses} onChange={setAddresses} error={mistakes.addresses} />
        <Callout>
          What it may do and which project it is of cannot be changed: make another key for that. Changes
          count from its next request on.
        </Callout>
        {mistakes.other !== undefined && <Callout kind="bad">{mistakes.other}</Callout>}
      </Form>
    </Modal>
  );
}
