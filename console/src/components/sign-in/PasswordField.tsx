/** Passwords: one that there is, and one that is chosen. What is typed can be looked at. */
import { Check, Eye, EyeOff, TriangleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';

import { passwordHint } from '../../lib/sign-in/password-hint';
import { IconButton } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { TextField } from '../../ui/Field';
import styles from './Entrance.module.css';

export interface PasswordFieldProps {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  /** What a password manager puts here. */
  autoComplete?: 'current-password' | 'new-password';
  description?: ReactNode;
  error?: string | undefined;
  autoFocus?: boolean;
  name?: string;
}

export function PasswordField({
  label = 'Password',
  value,
  onChange,
  autoComplete = 'current-password',
  description,
  error,
  autoFocus = false,
  name = 'password',
}: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      label={label}
      name={name}
      type={shown ? 'text' : 'password'}
      autoComplete={autoComplete}
      spellCheck="false"
      autoCorrect="off"
      autoFocus={autoFocus}
      value={value}
      onChange={onChange}
      error={error}
      {...(description === undefined ? {} : { description })}
      end={
        <IconButton
          label={shown ? 'Hide what is typed' : 'Show what is typed'}
          size="s"
          onPress={() => setShown(!shown)}
        >
          {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
        </IconButton>
      }
    />
  );
}

export interface NewPasswordFieldProps extends Omit<PasswordFieldProps, 'autoComplete' | 'description'> {
  /** What others know of the person: no part of a good password. */
  about?: readonly string[];
}

export function NewPasswordField({ about = [], ...rest }: NewPasswordFieldProps) {
  const { kind, text } = passwordHint(rest.value, about);
  const isDoubtful = kind === 'guessable' || kind === 'long';
  return (
    <PasswordField
      {...rest}
      autoComplete="new-password"
      // What is wrong says it all; the hint would say it twice.
      description={
        rest.error !== undefined ? undefined : (
          <span
            className={classes(
              styles['hint'],
              kind === 'fine' && styles['fine'],
              isDoubtful && styles['doubtful'],
            )}
          >
            {kind === 'fine' && <Check aria-hidden />}
            {isDoubtful && <TriangleAlert aria-hidden />}
            {text}
          </span>
        )
      }
    />
  );
}

/** What a form says of a new password that no server has to be asked about. */
export function newPasswordMistake(password: string): string | undefined {
  const { kind, text } = passwordHint(password);
  return kind === 'empty' || kind === 'short' || kind === 'long' ? text : undefined;
}
