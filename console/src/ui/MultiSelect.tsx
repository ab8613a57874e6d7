/** Chooses any number of a few. None chosen means all: the first line says so, and goes back to it. */
import { ChevronDown } from 'lucide-react';
import { Button } from 'react-aria-components';

import { LightMenu } from './LightMenu';
import styles from './Select.module.css';
import { classes } from './classes';

/** No value can be called this: values are words for people. */
const ALL = '\u0000all';

export interface MultiSelectOption<Value extends string> {
  value: Value;
  label: string;
  /** Stands at the end of the line, such as a count. */
  end?: string;
}

export interface MultiSelectProps<Value extends string> {
  label: string;
  /** What is shown, and what it is called in the list, where none is chosen. */
  all: string;
  /** Several of what, where more than one is chosen: "2 results". */
  several: (count: number) => string;
  options: readonly MultiSelectOption<Value>[];
  values: readonly Value[];
  onChange: (values: readonly Value[]) => void;
  onOpenChange?: (isOpen: boolean) => void;
}

export function MultiSelect<Value extends string>({
  label,
  all,
  several,
  options,
  values,
  onChange,
  onOpenChange,
}: MultiSelectProps<Value>) {
  const chosen = options.filter(({ value }) => values.includes(value));
  const shown = chosen.length > 1 ? several(chosen.length) : (chosen[0]?.label ?? all);
  const toggle = (value: Value) => {
    const isChosen = values.includes(value);
    // In the order of the list, so that the same choice is always written the same way.
    onChange(
      options
        .map((option) => option.value)
        .filter((one) => (one === value ? !isChosen : values.includes(one))),
    );
  };
  const items = options.map((option) => ({
    id: option.value,
    label: option.label,
    onAction: () => toggle(option.value),
    ...(option.end !== undefined && { end: option.end }),
  }));
  return (
    <LightMenu
      label={label}
      isMultiple
      sections={[{ title: '', items: [{ id: ALL, label: all, onAction: () => onChange([]) }, ...items] }]}
      selected={values.length === 0 ? [ALL] : values}
      {...(onOpenChange !== undefined && { onOpenChange })}
      trigger={
        <Button className={classes(styles['button'], styles['fit'])} aria-label={`${label}: ${shown}`}>
          <span className={styles['value']}>{shown}</span>
          <ChevronDown aria-hidden />
        </Button>
      }
    />
  );
}
