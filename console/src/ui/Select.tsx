/** Chooses one of a few. For many, or for what may be typed, there is Combo. */
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
} from 'react-aria-components';

import { Below, type FieldLook } from './Field';
import fields from './Field.module.css';
import overlay from './Overlay.module.css';
import styles from './Select.module.css';
import { classes } from './classes';

export interface Option<Value extends string = string> {
  value: Value;
  label: string;
  /** A second line. */
  detail?: string;
  icon?: ReactNode;
  isDisabled?: boolean;
}

export interface SelectProps<Value extends string> extends FieldLook {
  options: readonly Option<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
  isDisabled?: boolean;
  isRequired?: boolean;
  name?: string;
  size?: 's' | 'm';
  /** No frame until it is pointed at: for bars of controls. */
  quiet?: boolean;
  icon?: ReactNode;
}

export function Select<Value extends string>({
  label,
  hideLabel = false,
  description,
  error,
  placeholder = 'Choose',
  options,
  value,
  onChange,
  size = 'm',
  quiet = false,
  icon,
  ...rest
}: SelectProps<Value>) {
  return (
    <AriaSelect
      {...rest}
      value={value}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key);
        if (chosen !== undefined) onChange(chosen.value);
      }}
      isInvalid={error !== undefined}
      placeholder={placeholder}
      className={classes(fields['field'], styles['select'])}
    >
      <Label className={hideLabel ? 'visually-hidden' : (fields['label'] ?? '')}>{label}</Label>
      <Button className={classes(styles['button'], styles[size], quiet && styles['quiet'])}>
        {icon}
        <SelectValue className={styles['value'] ?? ''}>
          {({ selectedText, isPlaceholder, defaultChildren }) =>
            isPlaceholder ? defaultChildren : selectedText
          }
        </SelectValue>
        <ChevronDown aria-hidden />
      </Button>
      <Below description={description} error={error} />
      <Popover className={overlay['popover'] ?? ''} offset={4}>
        <ListBox className={overlay['list'] ?? ''} items={options}>
          {(option) => (
            <ListBoxItem
              id={option.value}
              textValue={option.label}
              isDisabled={option.isDisabled ?? false}
              className={overlay['item'] ?? ''}
            >
              {option.icon}
              <span className={overlay['words']}>
                {option.label}
                {option.detail !== undefined && <span className={overlay['detail']}>{option.detail}</span>}
              </span>
              <Check className={overlay['tick']} aria-hidden />
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
