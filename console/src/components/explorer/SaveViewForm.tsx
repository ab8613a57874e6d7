/** Saves the look as a new view: its name, and who has it. */
import { useId, useState } from 'react';

import { asSentence, explain, isProblem } from '../../api/problem';
import type { OwnOrganization } from '../../api/session';
import { createView, type NewView, type SavedView } from '../../api/views';
import { columnLabel } from '../../lib/query/known-fields';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Radios } from '../../ui/Choice';
import { TextField } from '../../ui/Field';
import { Form } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import { audience, mayShare, nameProblem } from './save-view';

export interface SaveViewFormProps {
  organization: OwnOrganization;
  definition: NewView['definition'];
  projectId: string | undefined;
  onSaved: (saved: SavedView) => void;
  onClose: () => void;
}

export function SaveViewForm({ organization, definition, projectId, onSaved, onClose }: SaveViewFormProps) {
  const form = useId();
  const [name, setName] = useState('');
  const [sharing, setSharing] = useState<'private' | 'shared'>('private');
  const [wasTried, setTried] = useState(false);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const isAllowed = mayShare(organization, projectId);
  const refusedName = isProblem(error) ? error.at('/name') : undefined;
  const problem = wasTried ? nameProblem(name) : undefined;

  const save = async () => {
    setTried(true);
    if (nameProblem(name) !== undefined || isPending) return;
    setPending(true);
    setError(undefined);
    try {
      const saved = await createView({ name: name.trim(), definition, shared: sharing === 'shared' });
      onSaved(saved);
      toast(`“${saved.name}” is saved`);
      onClose();
    } catch (reason) {
      setError(reason);
      setPending(false);
    }
  };

  return (
    <Modal
      title="Save view"
      isOpen
      size="s"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} isPending={isPending}>
            Save view
          </Button>
        </>
      }
    >
      <Form id={form} label="Save view" onSubmit={() => void save()}>
        <TextField
          label="Name"
          value={name}
          onChange={(text) => {
            setName(text);
            setError(undefined);
          }}
          error={problem ?? (refusedName === undefined ? undefined : asSentence(refusedName))}
          autoFocus
        />
        <Radios
          label="Who has it"
          value={sharing}
          onChange={setSharing}
          options={[
            { value: 'private', label: 'Only you', detail: 'Nobody else sees it, administrators included.' },
            {
              value: 'shared',
              label: 'Shared',
              detail: isAllowed
                ? `${audience(organization, projectId)} sees it.`
                : 'Your role does not let you share views here (views.share).',
              isDisabled: !isAllowed,
            },
          ]}
        />
        <Words tone="muted" size="s" as="p">
          It keeps the search, filters, scope, range of time, order and these columns:{' '}
          {definition.columns.map(columnLabel).join(', ')}.
        </Words>
        {error !== undefined && refusedName === undefined && (
          <Callout kind="bad" title="The view was not saved">
            {explain(error)}
          </Callout>
        )}
      </Form>
    </Modal>
  );
}
