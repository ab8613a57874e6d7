/** A list of names that grows and shrinks before it is saved: what is new and what goes can be told. */
import { Plus, RotateCcw, X } from 'lucide-react';
import { useState } from 'react';

import { wrongWithRule } from '../../../lib/settings/redaction';
import { Button, IconButton } from '../../../ui/Button';
import { classes } from '../../../ui/classes';
import { TextField } from '../../../ui/Field';
import { Form, Stack } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import styles from './Redaction.module.css';

export interface NameListProps {
  kind: 'names' | 'exceptions';
  /** As in "Key name". */
  label: string;
  placeholder: string;
  /** As they are set. */
  saved: readonly string[];
  names: readonly string[];
  /** Without it, they are seen only. */
  onChange?: ((names: readonly string[]) => void) | undefined;
  none: string;
}

export function NameList({ kind, label, placeholder, saved, names, onChange, none }: NameListProps) {
  const gone = saved.filter((name) => !names.includes(name));
  const shown = [...saved, ...names.filter((name) => !saved.includes(name))];
  return (
    <Stack gap={3}>
      {shown.length === 0 ? (
        <Words tone="muted">{none}</Words>
      ) : (
        <ul className={styles['names']} aria-label={label}>
          {shown.map((name) => {
            const isGone = gone.includes(name);
            const isFresh = !saved.includes(name);
            return (
              <li
                key={name}
                className={classes(
                  styles['name'],
                  isGone && styles['gone'],
                  isFresh && styles['fresh'],
                  onChange === undefined && styles['only-seen'],
                )}
              >
                <Said text={name} mono />
                {isFresh && <span className="visually-hidden">, not saved yet</span>}
                {isGone && <span className="visually-hidden">, goes when saved</span>}
                {onChange !== undefined && (
                  <IconButton
                    label={isGone ? `Keep ${name}` : `Take ${name} away`}
                    size="s"
                    onPress={() =>
                      onChange(isGone ? [...names, name] : names.filter((other) => other !== name))
                    }
                  >
                    {isGone ? <RotateCcw aria-hidden /> : <X aria-hidden />}
                  </IconButton>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {onChange !== undefined && (
        <AddName kind={kind} label={label} placeholder={placeholder} names={names} onChange={onChange} />
      )}
    </Stack>
  );
}

type AddNameProps = Pick<NameListProps, 'kind' | 'label' | 'placeholder' | 'names'> & {
  onChange: (names: readonly string[]) => void;
};

function AddName({ kind, label, placeholder, names, onChange }: AddNameProps) {
  const [text, setText] = useState('');
  const [error, setError] = useState<string>();
  const add = () => {
    const wrong = wrongWithRule(kind, text, names);
    setError(wrong);
    if (wrong !== undefined) return;
    onChange([...names, text.trim()]);
    setText('');
  };
  return (
    <Form label={label} onSubmit={add}>
      <div className={styles['add']}>
        <TextField
          label={label}
          hideLabel
          mono
          placeholder={placeholder}
          value={text}
          onChange={(next) => {
            setText(next);
            setError(undefined);
          }}
          error={error}
        />
        <Button type="submit" icon={<Plus aria-hidden />}>
          Add
        </Button>
      </div>
    </Form>
  );
}
