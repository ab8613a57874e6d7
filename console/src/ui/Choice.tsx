/** Yes or no, and one of a few: boxes, switches, and segments beside each other. */
import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  CheckboxButton,
  CheckboxField,
  type CheckboxFieldProps,
  Label,
  RadioButton,
  RadioField,
  RadioGroup as AriaRadioGroup,
  SwitchButton,
  SwitchField,
  type SwitchFieldProps,
} from 'react-aria-components';

import styles from './Choice.module.css';
import { Below, type FieldLook } from './Field';
import fields from './Field.module.css';
import { classes } from './classes';

export interface CheckboxProps extends Omit<CheckboxFieldProps, 'className' | 'style' | 'children'> {
  children?: ReactNode;
}

export function Checkbox({ children, ...rest }: CheckboxProps) {
  return (
    <CheckboxField {...rest}>
      <CheckboxButton className={styles['choice'] ?? ''}>
        {({ isIndeterminate }) => (
          <>
            <span className={styles['box']}>
              {isIndeterminate ? <Minus aria-hidden /> : <Check aria-hidden />}
            </span>
            {children !== undefined && <span className={styles['words']}>{children}</span>}
          </>
        )}
      </CheckboxButton>
    </CheckboxField>
  );
}

export interface SwitchProps extends Omit<SwitchFieldProps, 'className' | 'style' | 'children'> {
  children?: ReactNode;
}

export function Switch({ children, ...rest }: SwitchProps) {
  return (
    <SwitchField {...rest}>
      <SwitchButton className={styles['choice'] ?? ''}>
        <span className={styles['track']}>
          <span className={styles['thumb']} />
        </span>
        {children !== undefined && <span className={styles['words']}>{children}</span>}
      </SwitchButton>
    </SwitchField>
  );
}

export interface ChoiceOption<Value extends string> {
  value: Value;
  label: string;
  detail?: string;
  isDisabled?: boolean;
}

export interface ChoiceProps<Value extends string> extends FieldLook {
  options: readonly ChoiceOption<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  isDisabled?: boolean;
}

/** One of a few, below each other, with room to explain each. */
export function Radios<Value extends string>(props: ChoiceProps<Value>) {
  return <Group {...props} look="radios" />;
}

/** One of a few short ones, side by side. */
export function Segments<Value extends string>(props: ChoiceProps<Value>) {
  return <Group {...props} look="segments" />;
}

function Group<Value extends string>({
  label,
  hideLabel = false,
  description,
  error,
  options,
  value,
  onChange,
  isDisabled = false,
  look,
}: ChoiceProps<Value> & { look: 'radios' | 'segments' }) {
  return (
    <AriaRadioGroup
      className={fields['field'] ?? ''}
      value={value}
      onChange={(chosen) => {
        const option = options.find((candidate) => candidate.value === chosen);
        if (option !== undefined) onChange(option.value);
      }}
      orientation={look === 'radios' ? 'vertical' : 'horizontal'}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
    >
      <Label className={hideLabel ? 'visually-hidden' : (fields['label'] ?? '')}>{label}</Label>
      <div className={styles[look]}>
        {options.map((option) => (
          <RadioField key={option.value} value={option.value} isDisabled={option.isDisabled ?? false}>
            <RadioButton className={classes(look === 'radios' ? styles['choice'] : styles['segment'])}>
              {look === 'radios' && <span className={styles['dot']} />}
              <span className={styles['words']}>
                {option.label}
                {option.detail !== undefined && <span className={styles['detail']}>{option.detail}</span>}
              </span>
            </RadioButton>
          </RadioField>
        ))}
      </div>
      <Below description={description} error={error} />
    </AriaRadioGroup>
  );
}
