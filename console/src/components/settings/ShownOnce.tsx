/**
 * What is shown once and never again: links and keys. The dialog does not close by a click beside it, and says
 * what follows from closing it.
 */
import type { ReactNode } from 'react';

import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { CodeBlock } from '../../ui/Copy';
import { Stack } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { Words } from '../../ui/Text';

export interface Secret {
  /** What it is, as in "Link for ada@example.com". */
  label: string;
  text: string;
}

export interface ShownOnceProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  secrets: readonly Secret[];
  /** What to do with it, and what it is good for. */
  children: ReactNode;
  /** What is done if it gets lost. */
  ifLost: string;
}

export function ShownOnce({ title, isOpen, onClose, secrets, children, ifLost }: ShownOnceProps) {
  return (
    <Modal
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      mustBeClosed
      footer={
        <Button look="primary" onPress={onClose}>
          I have kept it
        </Button>
      }
    >
      <Stack gap={3}>
        <div>{children}</div>
        {secrets.map(({ label, text }) => (
          <Stack key={label} gap={1}>
            <Words size="s" tone="muted">
              {label}
            </Words>
            <CodeBlock text={text} what={label} wrap />
          </Stack>
        ))}
        <Callout kind="warn" title="This is shown once">
          {ifLost}
        </Callout>
      </Stack>
    </Modal>
  );
}
