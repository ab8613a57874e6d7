/**
 * A text from outside. Marks that change how a line reads (directions, characters without a width, controls)
 * are made visible, so that a text looks like what it is; words that were searched are marked. It is text
 * nodes only, whatever it says.
 */
import { shownRuns } from '../lib/text/highlight';
import type { SearchedRun } from '../lib/query/search';
import { classes } from './classes';
import styles from './Said.module.css';

export interface SaidProps {
  text: string;
  /** The words to mark. */
  marked?: readonly SearchedRun[];
  mono?: boolean;
  strong?: boolean;
  /** Lines are kept. */
  isMultiline?: boolean;
}

const NOTHING: readonly SearchedRun[] = [];

/** Most texts are plain: nothing in them has to be looked at twice. */
const PLAIN = /^[\x20-\x7E\u00A1-\u00AC\u00AE-\u024F]*$/;

export function Said({
  text,
  marked = NOTHING,
  mono = false,
  strong = false,
  isMultiline = false,
}: SaidProps) {
  const className = classes(
    styles['said'],
    mono && styles['mono'],
    strong && styles['strong'],
    isMultiline && styles['lines'],
  );
  if (marked.length === 0 && PLAIN.test(text)) {
    return (
      <bdi className={className} dir="auto">
        {text}
      </bdi>
    );
  }
  return (
    <bdi className={className} dir="auto">
      {shownRuns(text, marked, isMultiline).map((run, index) => {
        // Runs have no names, and never change places.
        const key = `${index}:${run.kind}`;
        if (run.kind === 'mark') {
          return (
            <span key={key} className={styles['mark']} title={run.name}>
              {run.text}
            </span>
          );
        }
        return run.isMatch ? <mark key={key}>{run.text}</mark> : <span key={key}>{run.text}</span>;
      })}
    </bdi>
  );
}
