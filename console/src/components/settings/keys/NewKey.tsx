/** Makes an API key. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { createKey, type MadeKey } from '../../../api/keys';
import { explain, isProblem } from '../../../api/problem';
import { projectsQuery } from '../../../api/projects';
import { KEY_KINDS, type KeyKind, lackingForKey } from '../../../lib/settings/api-keys';
import { readList } from '../../../lib/settings/lines';
import { wrongWithName } from '../../../lib/settings/names';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Radios } from '../../../ui/Choice';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { type Option, Select } from '../../../ui/Select';
import { beyond } from '../role-choices';
import { useStanding } from '../standing';
import { useRoles } from '../use-roles';
import { type EndChoice, ENDS, KIND_WORDS } from './key-words';
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

const FORM = 'new-key';
/** No project: no id is empty. */
const WHOLE = '';

export interface NewKeyProps {
  onClose: () => void;
  onMade: (key: MadeKey) => Promise<void>;
}

/** Where somebody may make keys. */
function useScopes(): Option[] {
  const { organization, mayChange } = useStanding();
  const projects = useQuery(projectsQuery(organization.id));
  const within = (projects.data ?? [])
    .filter((project) => !project.archived && mayChange('keys.manage', project.id))
    .map(({ id, name }) => ({ value: id, label: name, detail: 'This project only' }));
  return [
    ...(mayChange('keys.manage') ? [{ value: WHOLE, label: 'The whole organization' }] : []),
    ...within,
  ];
}

export function NewKey({ onClose, onMade }: NewKeyProps) {
  const { permissionsIn } = useStanding();
  const { permissions } = useRoles();
  const scopes = useScopes();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<KeyKind>('ingest');
  const [chosenScope, setScope] = useState<string>();
  const [end, setEnd] = useState<EndChoice>('365');
  const [days, setDays] = useState('');
  const [addresses, setAddresses] = useState('');
  const [mistakes, setMistakes] = useState<KeyMistakes>({});
  const [isPending, setPending] = useState(false);
  const scope = chosenScope ?? scopes[0]?.value;
  const projectId = scope === WHOLE ? undefined : scope;
  const kinds = KEY_KINDS.map((value) => {
    const level = projectId === undefined ? 'organization' : 'project';
    const why = beyond(lackingForKey(value, level, permissions, permissionsIn(projectId)));
    const { label, detail } = KIND_WORDS[value];
    return { value, label, detail: why ?? detail, isDisabled: why !== undefined };
  });
  const make = async () => {
    const wrong: KeyMistakes = {
      name: wrongWithName(name),
      end: wrongWithDays(end, days),
      addresses: wrongWithAddresses(addresses),
    };
    setMistakes(wrong);
    if (hasMistakes(wrong)) return;
    const lives = daysOf(end, days);
    setPending(true);
    try {
      const made = await createKey({
        name: name.trim(),
        kind,
        allowed_addresses: readList(addresses),
        ...(projectId !== undefined && { project_id: projectId }),
        ...(lives !== undefined && { expires_in_days: lives }),
      });
      await onMade(made);
    } catch (error) {
      setMistakes(isProblem(error) ? mistakesOf(error) : { other: explain(error) });
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title="New API key"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Create the key
          </Button>
        </>
      }
    >
      <Form id={FORM} label="New API key" onSubmit={() => void make()}>
        <TextField
          label="Name"
          description="What uses it, such as “Build server”. Events name the key by it."
          value={name}
          onChange={setName}
          error={mistakes.name}
          isRequired
          autoFocus
        />
        <Select
          label="It reaches"
          options={scopes}
          value={scope ?? null}
          onChange={setScope}
          description={projectId === undefined ? undefined : 'It touches nothing but this project.'}
        />
        <Radios label="What it is for" options={kinds} value={kind} onChange={setKind} />
        <EndField
          label="It ends"
          options={ENDS}
          choice={end}
          onChoice={setEnd}
          days={days}
          onDays={setDays}
          error={mistakes.end}
        />
        <AddressesField value={addresses} onChange={setAddresses} error={mistakes.addresses} />
        {mistakes.other !== undefined && <Callout kind="bad">{mistakes.other}</Callout>}
      </Form>
    </Modal>
  );
}
