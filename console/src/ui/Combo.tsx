/**
 * A field with suggestions, each with how often it occurs. What is typed counts, whether it is suggested or
 * not; whoever uses it fetches the suggestions.
 */
import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components';

import { Below, type FieldLook } from './Field';
import fields from './Field.module.css';
import overlay from './Overlay.module.css';
import { classes } from './classes';

/** How far the text stands from the edge of its box, in pixels: the list lines up with the box. */
const INSET = 9;

export interface Suggestion {
  value: string;
  /** What is shown in its place. */
  label?: string;
  /** Stands at the end of the line, such as a count. */
  end?: string;
}

export interface ComboProps extends FieldLook {
  value: string;
  onChange: (value: string) => void;
  /** Something was chosen, or Enter pressed. */
  onSubmit?: (value: string) => void;
  suggestions: readonly Suggestion[];
  /** They are on their way. */
  isLoading?: boolean;
  size?: 's' | 'm';
  autoFocus?: boolean;
  isRequired?: boolean;
}

export function Combo({
  label,
  hideLabel = false,
  description,
  error,
  placeholder,
  value,
  onChange,
  onSubmit,
  suggestions,
  isLoading = false,
  size = 'm',
  autoFocus = false,
  isRequired = false,
}: ComboProps) {
  const [open, setOpen] = useState(false);
  return (
    <ComboBox
      className={fields['field'] ?? ''}
      items={suggestions}
      inputValue={value}
      onInputChange={onChange}
      onChange={(key) => {
        if (key === null) return;
        onChange(String(key));
        onSubmit?.(String(key));
      }}
      onOpenChange={setOpen}
      allowsCustomValue
      allowsEmptyCollection
      menuTrigger="focus"
      // What is suggested was found by the server: nothing is sifted again.
      defaultFilter={() => true}
      isInvalid={error !== undefined}
      autoFocus={autoFocus}
      isRequired={isRequired}
    >
      <Label className={hideLabel ? 'visually-hidden' : (fields['label'] ?? '')}>{label}</Label>
      <div className={classes(fields['box'], fields[size])}>
        <Input
          className={fields['input'] ?? ''}
          {...(placeholder === undefined ? {} : { placeholder })}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !open) onSubmit?.(value);
          }}
        />
        <Button className={fields['chevron'] ?? ''} aria-label="Show suggestions">
          <ChevronDown aria-hidden />
        </Button>
      </div>
      <Below description={description} error={error} />
      <Popover className={classes(overlay['popover'], overlay['as-wide'])} offset={8} crossOffset={-INSET}>
        <ListBox
          className={overlay['list'] ?? ''}
          renderEmptyState={() => (
            <div className={overlay['empty']}>{isLoading ? 'Looking…' : 'Nothing like that'}</div>
          )}
        >
          {(item: Suggestion) => (
            <ListBoxItem
              id={item.value}
              textValue={item.label ?? item.value}
              className={overlay['item'] ?? ''}
            >
              <span className={overlay['words']}>{item.label ?? item.value}</span>
              {item.end !== undefined && <span className={overlay['end']}>{item.end}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
