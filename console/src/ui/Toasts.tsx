/** Where the short messages are shown and read out. There is one, at the root of the page. */
import { X } from 'lucide-react';

import { ButtonLink, IconButton } from './Button';
import styles from './Toasts.module.css';
import { classes } from './classes';
import { dismiss, useToasts } from './toasts';

export function Toasts() {
  const toasts = useToasts();
  return (
    <div className={styles['toasts']} role="status" aria-live="polite">
      {toasts.map(({ id, text, tone, link }) => (
        <div key={id} className={classes(styles['toast'], tone === 'bad' && styles['bad'])}>
          <span>{text}</span>
          {link !== undefined && (
            <ButtonLink look="plain" size="s" href={link.href} onPress={() => dismiss(id)}>
              {link.label}
            </ButtonLink>
          )}
          <IconButton label="Dismiss" size="s" onPress={() => dismiss(id)}>
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
