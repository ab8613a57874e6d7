/**
 * A value of the event as it is shown: visible whatever it holds, what was redacted told apart, and with a
 * button for what can be done with it. The button shows where one points or tabs to.
 */
import { EllipsisVertical, EyeOff } from 'lucide-react';
import type { ReactNode } from 'react';

import { absoluteTime, parseInstant } from '../../lib/time/formats';
import { Said } from '../../ui/Said';
import { type About, useDetail } from './about';
import { redactedPieces } from './redacted';
import styles from './Value.module.css';

/** What can be done with a value, and the value before it. */
export function Value({ about, children }: { about: About; children: ReactNode }) {
  const { openMenu } = useDetail();
  return (
    <span className={styles['value']}>
      <span className={styles['shown']}>{children}</span>
      {/* There may be a hundred of them: each is no more than a button, and the menu is one. */}
      <button
        type="button"
        className={styles['more']}
        aria-haspopup="menu"
        aria-label={`Filter by or copy: ${about.label}`}
        onClick={(press) => openMenu(about, press.currentTarget)}
      >
        <EllipsisVertical aria-hidden />
      </button>
    </span>
  );
}

export interface ShownProps {
  text: string;
  mono?: boolean;
  strong?: boolean;
  isMultiline?: boolean;
}

/** A text of the event: placeholders of redacted values look like what they are. */
export function Shown({ text, mono = false, strong = false, isMultiline = false }: ShownProps) {
  const pieces = redactedPieces(text);
  return pieces.map((piece, index) =>
    piece.isRedacted ? (
      <Redacted key={`${index}`} placeholder={piece.text} />
    ) : (
      <Said key={`${index}`} text={piece.text} mono={mono} strong={strong} isMultiline={isMultiline} />
    ),
  );
}

/** Stands where a secret was. Equal secrets have equal names. */
export function Redacted({ placeholder }: { placeholder: string }) {
  return (
    <span
      className={styles['redacted']}
      title={`A secret stood here: ${placeholder}. It was replaced before anything was kept.`}
    >
      <EyeOff aria-hidden />
      redacted {placeholder.slice('[redacted:'.length, '[redacted:'.length + REDACTED_SHOWN)}
    </span>
  );
}

/** How much of a placeholder tells it from others, in characters. */
const REDACTED_SHOWN = 8;

export interface TextValueProps extends ShownProps {
  about: Omit<About, 'text'>;
}

/** A text that can be filtered by. */
export function TextValue({ about, ...shown }: TextValueProps) {
  return (
    <Value about={{ ...about, text: shown.text }}>
      <Shown {...shown} />
    </Value>
  );
}

/** Any value of JSON in a line: texts as texts, times with their zone, everything else as its JSON. */
export function JsonValue({ value, about }: { value: unknown; about: Omit<About, 'text' | 'value'> }) {
  const { zone } = useDetail();
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const whole = { ...about, text, value };
  if (typeof value !== 'string') {
    return (
      <Value about={whole}>
        <Shown text={text} mono />
      </Value>
    );
  }
  return (
    <Value about={whole}>
      {text === '' ? <span className={styles['faint']}>empty text</span> : <Shown text={text} isMultiline />}
      {isInstant(text) && <span className={styles['faint']}> ({absoluteTime(text, zone, 'seconds')})</span>}
    </Value>
  );
}

/** The longest text that may be an instant, in characters. */
const MAX_INSTANT_CHARS = 40;

function isInstant(text: string): boolean {
  return (
    text.length <= MAX_INSTANT_CHARS && /^\d{4}-\d\d-\d\dT/.test(text) && parseInstant(text) !== undefined
  );
}
