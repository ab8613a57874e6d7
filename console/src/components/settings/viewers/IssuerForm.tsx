/** Makes an issuer of viewer tokens, or changes what it is called and whose pages may use its tokens. */
import { useState } from 'react';

import { isProblem, explain, type Problem } from '../../../api/problem';
import { changeIssuer, createIssuer, type Issuer } from '../../../api/viewers';
import { readList, writeList, wrongWithList } from '../../../lib/settings/lines';
import { wrongWithName } from '../../../lib/settings/names';
import { MAX_ORIGINS, originOf, readOrigins } from '../../../lib/settings/origins';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { TextArea, TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';

const FORM = 'viewer-issuer';

interface Mistakes {
  name?: string | undefined;
  origins?: string | undefined;
  other?: string | undefined;
}

function mistakesOf(problem: Problem): Mistakes {
  const name = problem.at('/name');
  const origins = problem.entries.find(({ pointer }) => pointer.startsWith('/origins'))?.reason;
  return name === undefined && origins === undefined ? { other: explain(problem) } : { name, origins };
}

export interface IssuerFormProps {
  /** The one that is changed; without it, one is made. */
  issuer?: Issuer | undefined;
  onClose: () => void;
  onSaved: (issuer: Issuer) => Promise<void>;
}

export function IssuerForm({ issuer, onClose, onSaved }: IssuerFormProps) {
  const [name, setName] = useState(issuer?.name ?? '');
  const [text, setText] = useState(writeList(issuer?.origins ?? []));
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [isPending, setPending] = useState(false);
  const isNew = issuer === undefined;
  const origins = readOrigins(readList(text));
  const save = async () => {
    const wrong: Mistakes = {
      name: wrongWithName(name),
      origins: wrongWithList(origins, {
        isRight: (piece) => originOf(piece) !== undefined,
        what: 'an origin, such as https://portal.example.com',
        most: MAX_ORIGINS,
        several: 'origins',
      }),
    };
    setMistakes(wrong);
    if (wrong.name !== undefined || wrong.origins !== undefined) return;
    setPending(true);
    try {
      const asked = { name: name.trim(), origins };
      await onSaved(isNew ? await createIssuer(asked) : await changeIssuer(issuer.id, asked));
    } catch (error) {
      setMistakes(isProblem(error) ? mistakesOf(error) : { other: explain(error) });
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={isNew ? 'New issuer' : `Change ${issuer.name}`}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            {isNew ? 'Create the issuer' : 'Save the issuer'}
          </Button>
        </>
      }
    >
      <Form id={FORM} label={isNew ? 'New issuer' : 'Change the issuer'} onSubmit={() => void save()}>
        <TextField
          label="Name"
          description="The product or page that shows events, such as “Customer portal”."
          value={name}
          onChange={setName}
          error={mistakes.name}
          isRequired
          autoFocus
        />
        <TextArea
          label="Origins"
          description="Of the pages that may use its tokens, a line each; a whole address is cut to its origin. Left empty, no page may: only programs."
          placeholder="https://portal.example.com"
          rows={3}
          mono
          value={text}
          // An address that was pasted is cut where the field is left, so that what is sent is what is seen.
          onBlur={() => setText(writeList(origins))}
          onChange={setText}
          error={mistakes.origins}
        />
        {!isNew && <Callout>Origins count for tokens that were made before, too.</Callout>}
        {mistakes.other !== undefined && <Callout kind="bad">{mistakes.other}</Callout>}
      </Form>
    </Modal>
  );
}
