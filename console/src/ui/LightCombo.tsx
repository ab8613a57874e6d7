/**
 * A field with suggestions like Combo, for what the first page begins with: a list below an input, and nothing
 * of React Aria's collections. What is typed counts, whether it is suggested or not.
 *
 * The input keeps the focus; it says which line is chosen (the combobox pattern of ARIA).
 */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';

import fields from './Field.module.css';
import styles from './LightCombo.module.css';
import overlay from './Overlay.module.css';
import { classes } from './classes';

export interface LightSuggestion {
  value: string;
  /** Stands at the end of the line, such as a count. */
  end?: string;
}

export interface LightComboProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  /** A line was taken, or Enter pressed. */
  onSubmit: (value: string) => void;
  suggestions: readonly LightSuggestion[];
  isLoading?: boolean;
  error?: string | undefined;
}

export function LightCombo(props: LightComboProps) {
  const { label, placeholder, value, onChange, onSubmit, suggestions, isLoading = false, error } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const isShown = isOpen && (suggestions.length > 0 || isLoading);
  const chosen = isShown ? suggestions[active] : undefined;
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const take = (taken: string) => {
    onChange(taken);
    onSubmit(taken);
    close();
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      setOpen(true);
      const count = suggestions.length;
      setActive((before) =>
        count === 0 ? -1 : (Math.max(before, step > 0 ? -1 : 0) + step + count) % count,
      );
    } else if (event.key === 'Enter') {
      take(chosen?.value ?? value);
    } else if (event.key === 'Escape' && isShown) {
      event.stopPropagation();
      close();
    } else return;
    event.preventDefault();
  };
  return (
    <div className={classes(fields['field'], styles['combo'])}>
      <div className={fields['box']}>
        <input
          className={fields['input']}
          role="combobox"
          aria-label={label}
          aria-autocomplete="list"
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen === undefined ? undefined : `${id}-${active}`}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
            setOpen(true);
            setActive(-1);
          }}
          onClick={() => setOpen(true)}
          onKeyDown={press}
          onBlur={close}
        />
      </div>
      {error !== undefined && (
        <span id={`${id}-error`} className={fields['error']}>
          {error}
        </span>
      )}
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        hidden={!isShown}
        className={classes(overlay['list'], styles['list'])}
      >
        {isShown &&
          suggestions.map((suggestion, at) => (
            <div
              key={suggestion.value}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === active}
              tabIndex={-1}
              className={overlay['item']}
              {...(at === active && { 'data-focused': true })}
              onMouseDown={(event) => {
                // The focus stays in the input.
                event.preventDefault();
                take(suggestion.value);
              }}
            >
              <span className={overlay['words']}>{suggestion.value}</span>
              {suggestion.end !== undefined && <span className={overlay['end']}>{suggestion.end}</span>}
            </div>
          ))}
      </div>
    </div>
  );
}
