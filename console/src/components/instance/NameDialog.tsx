/** Asks for one line of text: the name of an organization, the address of an owner. */
import { type ReactNode, useState } from 'react';

import { asSentence, explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Form } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';

export interface NameDialogProps {
  title: string;
  label: string;
  action: string;
  /** Above the field. */
  children?: ReactNode;
  initial?: string;
  type?: 'text' | 'email';
  /** Where the server says what is wrong with it. */
  pointer: string;
  onClose: () => void;
  onSubmit: (text: string) => Promise<void>;
}

export function NameDialog({
  title,
  label,
  action,
  children,
  initial = '',
  type = 'text',
  pointer,
  onClose,
  onSubmit,
}: NameDialogProps) {
  const [text, setText] = useState(initial);
  const [mistake, setMistake] = useState<string>();
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const wanted = text.trim();
  const submit = async () => {
    if (isPending || wanted === '') return;
    setMistake(undefined);
    setError(undefined);
    setPending(true);
    try {
      await onSubmit(wanted);
      onClose();
    } catch (reason) {
      const refused = isProblem(reason) ? reason.at(pointer) : undefined;
      if (refused === undefined) setError(explain(reason));
      else setMistake(asSentence(refused));
      setPending(false);
    }
  };
  return (
    <Modal title={title} isOpen onClose={onClose} size="s">
      {children}
      <Form
        label={title}
        onSubmit={() => void submit()}
        footer={
          <Button
            type="submit"
            look="primary"
            isPending={isPending}
            isDisabled={wanted === '' || wanted === initial}
          >
            {action}
          </Button>
        }
      >
        {error !== undefined && <Callout kind="bad">{error}</Callout>}
        <TextField
          label={label}
          type={type}
          autoComplete="off"
          autoFocus
          value={text}
          onChange={(value) => {
            setText(value);
            setMistake(undefined);
          }}
          error={mistake}
        />
      </Form>
    </Modal>
  );
}
