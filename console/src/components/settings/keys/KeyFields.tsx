/** The fields that making and changing a key have in common: when it ends, and where it may be used from. */
import { MAX_LIFETIME_DAYS, MAX_NETWORKS, isNetwork } from '../../../lib/settings/api-keys';
import { readList, readWholeNumber, wrongWithList } from '../../../lib/settings/lines';
import type { Problem } from '../../../api/problem';
import { TextArea, TextField } from '../../../ui/Field';
import { type Option, Select } from '../../../ui/Select';

/** What is wrong at which field of a key. */
export interface KeyMistakes {
  name?: string | undefined;
  end?: string | undefined;
  addresses?: string | undefined;
  other?: string | undefined;
}

export function hasMistakes(mistakes: KeyMistakes): boolean {
  return Object.values(mistakes).some((mistake) => mistake !== undefined);
}

/** What the server refused, at the fields that it is about. */
export function mistakesOf(problem: Problem): KeyMistakes {
  const addresses = problem.entries.find(({ pointer }) => pointer.startsWith('/allowed_addresses'));
  const found: KeyMistakes = {
    name: problem.at('/name'),
    end: problem.at('/expires_in_days') ?? problem.at('/expires_at'),
    addresses: addresses?.reason,
  };
  return hasMistakes(found) ? found : { other: problem.message };
}

export interface EndFieldProps<Choice extends string> {
  label: string;
  options: readonly Option<Choice>[];
  choice: Choice;
  onChoice: (choice: Choice) => void;
  days: string;
  onDays: (days: string) => void;
  error: string | undefined;
}

/** When it ends: one of a few, or, if the choice is `days`, a number of days that is typed. */
export function EndField<Choice extends string>({
  label,
  options,
  choice,
  onChoice,
  days,
  onDays,
  error,
}: EndFieldProps<Choice>) {
  const isTyped = choice === 'days';
  return (
    <>
      <Select
        label={label}
        options={options}
        value={choice}
        onChange={onChoice}
        {...(isTyped ? {} : { error })}
      />
      {isTyped && (
        <TextField
          label="Days"
          inputMode="numeric"
          value={days}
          onChange={onDays}
          error={error}
          description={`From now, 1 to ${MAX_LIFETIME_DAYS.toLocaleString('en-US')}.`}
        />
      )}
    </>
  );
}

/** The days of a choice; undefined if it names none, or what was typed is none. */
export function daysOf(choice: string, typed: string): number | undefined {
  return readWholeNumber(choice === 'days' ? typed : choice, 1, MAX_LIFETIME_DAYS);
}

export function wrongWithDays(choice: string, typed: string): string | undefined {
  return choice === 'days' && daysOf(choice, typed) === undefined
    ? `Write a whole number from 1 to ${MAX_LIFETIME_DAYS.toLocaleString('en-US')}`
    : undefined;
}

export function wrongWithAddresses(text: string): string | undefined {
  return wrongWithList(readList(text), {
    isRight: isNetwork,
    what: 'an address such as 192.0.2.7, or a network such as 192.0.2.0/24',
    most: MAX_NETWORKS,
    several: 'addresses',
  });
}

export interface AddressesFieldProps {
  value: string;
  onChange: (text: string) => void;
  error: string | undefined;
}

export function AddressesField({ value, onChange, error }: AddressesFieldProps) {
  return (
    <TextArea
      label="Allowed addresses"
      description="Addresses or networks that it may be used from, a line each. Left empty: from anywhere."
      placeholder={'192.0.2.7\n2001:db8::/32'}
      rows={3}
      mono
      value={value}
      onChange={onChange}
      error={error}
    />
  );
}
