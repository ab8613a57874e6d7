/** Any number of a few: boxes under one label, with what is wrong below them. */
import { CheckboxGroup, Label } from 'react-aria-components';

import { Button } from './Button';
import { Checkbox } from './Choice';
import styles from './Checks.module.css';
import { Below, type FieldLook } from './Field';
import fields from './Field.module.css';

export interface ChecksProps<Value extends string> extends Omit<FieldLook, 'placeholder'> {
  options: readonly { readonly value: Value; readonly label: string }[];
  values: readonly Value[];
  onChange: (values: readonly Value[]) => void;
  /** What the button says that takes all of them, and the one that takes none. */
  all: string;
  none: string;
}

export function Checks<Value extends string>({
  label,
  hideLabel = false,
  description,
  error,
  options,
  values,
  onChange,
  all,
  none,
}: ChecksProps<Value>) {
  const hasAll = values.length === options.length;
  return (
    <CheckboxGroup
      className={fields['field'] ?? ''}
      value={[...values]}
      onChange={(chosen) =>
        onChange(options.map(({ value }) => value).filter((value) => chosen.includes(value)))
      }
      isInvalid={error !== undefined}
    >
      <div className={styles['head']}>
        <Label className={hideLabel ? 'visually-hidden' : (fields['label'] ?? '')}>{label}</Label>
        <Button
          look="quiet"
          size="s"
          onPress={() => onChange(hasAll ? [] : options.map(({ value }) => value))}
        >
          {hasAll ? none : all}
        </Button>
      </div>
      <div className={styles['boxes']}>
        {options.map(({ value, label: words }) => (
          <Checkbox key={value} value={value}>
            {words}
          </Checkbox>
        ))}
      </div>
      <Below description={description} error={error} />
    </CheckboxGroup>
  );
}
