/** Copies a text, and says that it did. */
import { Check, Copy as CopyIcon } from 'lucide-react';
import { type ReactNode, useState } from 'react';

import { Button, IconButton } from './Button';
import styles from './Copy.module.css';
import { toast } from './toasts';

/** How long the tick shows, in milliseconds. */
const TICK_MS = 1500;

/** Copies; says where it could not, since a browser may refuse. */
export async function copy(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
    return true;
  } catch {
    toast(`${what} was not copied: the browser does not allow it here`, 'bad');
    return false;
  }
}

export interface CopyButtonProps {
  /** A function where the text is costly to make. */
  text: string | (() => string);
  /** What is copied, as in "Event as JSON". */
  what: string;
  size?: 's' | 'm';
  /** Whether the Tab key stops at it. */
  isReachable?: boolean;
  /** Words on the button; an icon alone without. */
  children?: string;
}

export function CopyButton({ text, what, size = 's', isReachable = true, children }: CopyButtonProps) {
  const [done, setDone] = useState(false);
  const press = async () => {
    if (!(await copy(typeof text === 'function' ? text() : text, what))) return;
    setDone(true);
    setTimeout(() => setDone(false), TICK_MS);
  };
  const icon = done ? <Check aria-hidden /> : <CopyIcon aria-hidden />;
  if (children !== undefined) {
    return (
      <Button size={size} icon={icon} onPress={() => void press()}>
        {children}
      </Button>
    );
  }
  return (
    <IconButton
      label={`Copy ${what.charAt(0).toLowerCase()}${what.slice(1)}`}
      size={size}
      excludeFromTabOrder={!isReachable}
      onPress={() => void press()}
    >
      {icon}
    </IconButton>
  );
}

/** A value in the type of a machine, with a button to copy it. */
export function Copyable({ text, what, children }: { text: string; what: string; children?: ReactNode }) {
  return (
    <span className={styles['copyable']}>
      <code>{children ?? text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

/** A block of text to be copied: a command, a key that is shown once. */
export function CodeBlock({ text, what, wrap = false }: { text: string; what: string; wrap?: boolean }) {
  return (
    <div className={styles['block']}>
      {/* It scrolls, so a keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={wrap ? styles['wrap'] : undefined} tabIndex={0} role="group" aria-label={what}>
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
