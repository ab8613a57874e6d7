/** Dialogs that stop the rest of the page, and the small one that asks before something cannot be undone. */
import { X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Dialog, Heading, Modal as AriaModal, ModalOverlay } from 'react-aria-components';

import { Button, IconButton } from './Button';
import { Callout } from './Callout';
import { TextField } from './Field';
import styles from './Overlay.module.css';
import { classes } from './classes';

export interface ModalProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** The buttons at the end. */
  footer?: ReactNode;
  size?: 's' | 'm' | 'l';
  /** Neither a click beside it nor Escape closes it: what it shows is shown once. */
  mustBeClosed?: boolean;
}

export function Modal({
  title,
  isOpen,
  onClose,
  children,
  footer,
  size = 'm',
  mustBeClosed = false,
}: ModalProps) {
  return (
    <ModalOverlay
      className={styles['backdrop'] ?? ''}
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={!mustBeClosed}
      isKeyboardDismissDisabled={mustBeClosed}
    >
      <AriaModal className={classes(styles['modal'], styles[`modal-${size}`])}>
        <Dialog className={styles['dialog'] ?? ''}>
          <div className={styles['head']}>
            <Heading slot="title" level={2} className={styles['title'] ?? ''}>
              {title}
            </Heading>
            <IconButton label="Close" onPress={onClose} size="s">
              <X aria-hidden />
            </IconButton>
          </div>
          <div className={styles['body']}>{children}</div>
          {footer !== undefined && <div className={styles['foot']}>{footer}</div>}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}

export interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What the button says: what will be done, never "OK". */
  action: string;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => Promise<void>;
  /** Has to be typed first, where much would be lost. */
  typed?: string;
  isDangerous?: boolean;
  /** What went wrong, in words. */
  explain: (error: unknown) => string;
}

export function Confirm({
  title,
  children,
  action,
  isOpen,
  onClose,
  onConfirm,
  typed,
  isDangerous = true,
  explain,
}: ConfirmProps) {
  const [text, setText] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const close = () => {
    setText('');
    setError(undefined);
    onClose();
  };
  const confirm = async () => {
    setPending(true);
    setError(undefined);
    try {
      await onConfirm();
      close();
    } catch (reason) {
      setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={title}
      isOpen={isOpen}
      onClose={close}
      size="s"
      footer={
        <>
          <Button onPress={close}>Cancel</Button>
          <Button
            look={isDangerous ? 'danger' : 'primary'}
            isPending={pending}
            isDisabled={typed !== undefined && text !== typed}
            onPress={() => void confirm()}
          >
            {action}
          </Button>
        </>
      }
    >
      {children}
      {typed !== undefined && (
        <TextField label={`Type “${typed}” to go on`} value={text} onChange={setText} autoFocus />
      )}
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
    </Modal>
  );
}
