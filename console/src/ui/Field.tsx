/**
 * Fields of forms. Each has a label that is read out and, unless it is hidden, seen; what is wrong with it
 * stands under it, and is joined to it for those who hear the page.
 */
import type { ReactNode } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';

import styles from './Field.module.css';
import { classes } from './classes';

export interface FieldLook {
  label: string;
  /** The label is heard only: what is around says it to those who see. */
  hideLabel?: boolean;
  description?: ReactNode;
  error?: string | undefined;
  placeholder?: string;
}

export interface TextFieldProps
  extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children' | 'isInvalid'>, FieldLook {
  /** Stands within the field, before the text. */
  icon?: ReactNode;
  /** Stands within the field, after the text. */
  end?: ReactNode;
  mono?: boolean;
  size?: 's' | 'm';
}

export function TextField({
  label,
  hideLabel = false,
  description,
  error,
  placeholder,
  icon,
  end,
  mono = false,
  size = 'm',
  ...rest
}: TextFieldProps) {
  return (
    <AriaTextField {...rest} isInvalid={error !== undefined} className={styles['field'] ?? ''}>
      <Label className={hideLabel ? 'visually-hidden' : (styles['label'] ?? '')}>{label}</Label>
      <div className={classes(styles['box'], styles[size])}>
        {icon}
        <Input
          className={classes(styles['input'], mono && styles['mono'])}
          {...(placeholder === undefined ? {} : { placeholder })}
        />
        {end}
      </div>
      <Below description={description} error={error} />
    </AriaTextField>
  );
}

export interface TextAreaProps
  extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children' | 'isInvalid'>, FieldLook {
  rows?: number;
  mono?: boolean;
}

export function TextArea({
  label,
  hideLabel = false,
  description,
  error,
  placeholder,
  rows = 4,
  mono = false,
  ...rest
}: TextAreaProps) {
  return (
    <AriaTextField {...rest} isInvalid={error !== undefined} className={styles['field'] ?? ''}>
      <Label className={hideLabel ? 'visually-hidden' : (styles['label'] ?? '')}>{label}</Label>
      <div className={styles['box'] ?? ''}>
        <AriaTextArea
          rows={rows}
          className={classes(styles['input'], styles['area'], mono && styles['mono'])}
          {...(placeholder === undefined ? {} : { placeholder })}
        />
      </div>
      <Below description={description} error={error} />
    </AriaTextField>
  );
}

/** What stands under a field of React Aria: an explanation, and what is wrong. */
export function Below({ description, error }: { description?: ReactNode; error?: string | undefined }) {
  return (
    <>
      {description !== undefined && (
        <Text slot="description" className={styles['description'] ?? ''}>
          {description}
        </Text>
      )}
      <FieldError className={styles['error'] ?? ''}>{error}</FieldError>
    </>
  );
}
