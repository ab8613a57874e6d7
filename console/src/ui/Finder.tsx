/**
 * One of many: a list with a box above it that narrows the list as one types. Stands in a popover; arrows move
 * in the list while the box keeps the focus.
 */
import { Check, Search } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Autocomplete, Input, Label, ListBox, ListBoxItem, SearchField } from 'react-aria-components';

import fields from './Field.module.css';
import overlay from './Overlay.module.css';
import styles from './Finder.module.css';
import { classes } from './classes';

/** Lines that are drawn at once; typing finds the others. */
const MAX_LINES = 200;

export interface FinderItem {
  id: string;
  label: string;
  /** A second line. */
  detail?: string;
  /** Stands at the end of the line. */
  end?: string;
  icon?: ReactNode;
}

export interface FinderProps {
  label: string;
  placeholder: string;
  items: readonly FinderItem[];
  selected: string | undefined;
  onSelect: (id: string) => void;
  /** Which items a text means. Without it: those that have it in their label or id. */
  find?: (text: string) => readonly FinderItem[];
}

function containing(items: readonly FinderItem[], text: string): readonly FinderItem[] {
  const lower = text.trim().toLowerCase();
  return items.filter(
    ({ id, label }) => label.toLowerCase().includes(lower) || id.toLowerCase().includes(lower),
  );
}

export function Finder({ label, placeholder, items, selected, onSelect, find }: FinderProps) {
  const [text, setText] = useState('');
  const found = useMemo(
    () => (text.trim() === '' ? items : (find?.(text) ?? containing(items, text))),
    [find, items, text],
  );
  const shown = found.slice(0, MAX_LINES);
  return (
    <div className={styles['finder']}>
      <Autocomplete inputValue={text} onInputChange={setText}>
        <SearchField className={styles['search'] ?? ''} autoFocus>
          <Label className="visually-hidden">{label}</Label>
          <div className={classes(fields['box'])}>
            <Search aria-hidden />
            <Input
              className={fields['input'] ?? ''}
              placeholder={placeholder}
              role="combobox"
              aria-expanded
            />
          </div>
        </SearchField>
        <ListBox
          aria-label={label}
          className={overlay['list'] ?? ''}
          items={shown}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={selected === undefined ? [] : [selected]}
          onSelectionChange={(keys) => {
            if (keys === 'all') return;
            for (const key of keys) onSelect(String(key));
          }}
          renderEmptyState={() => <div className={overlay['empty']}>Nothing like that</div>}
        >
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.label} className={overlay['item'] ?? ''}>
              {item.icon}
              <span className={overlay['words']}>
                {item.label}
                {item.detail !== undefined && <span className={overlay['detail']}>{item.detail}</span>}
              </span>
              {item.end !== undefined && <span className={overlay['end']}>{item.end}</span>}
              <Check className={overlay['tick']} aria-hidden />
            </ListBoxItem>
          )}
        </ListBox>
      </Autocomplete>
      {found.length > MAX_LINES && (
        <p className={styles['more']}>{found.length - MAX_LINES} more: type to find them.</p>
      )}
    </div>
  );
}
