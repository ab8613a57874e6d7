/**
 * What changed: each field with its value before and after. Long texts show which words changed, objects which
 * of their members.
 */
import { useMemo } from 'react';

import type { components } from '../../api/schema';
import type { Event } from '../../api/events';
import { diffJson, type DiffRow, diffWords, pathText } from '../../lib/json';
import { plural } from '../../lib/text/numbers';
import { Words } from '../../ui/Text';
import { classes } from '../../ui/classes';
import styles from './Changes.module.css';
import { changeLook } from './change-look';
import { Part } from './Part';
import { Shown, TextValue } from './Value';

type Change = components['schemas']['Change'];

/** Changes that are shown; the event's JSON has them all. */
const MAX_CHANGES = 100;
/** Rows of one object's diff that are shown. */
const MAX_ROWS = 200;

export function Changes({ event }: { event: Event }) {
  const changes = event.changes ?? [];
  if (changes.length === 0) return null;
  return (
    <Part title={changes.length === 1 ? 'Change' : `Changes (${changes.length})`}>
      <ul className={styles['list']}>
        {changes.slice(0, MAX_CHANGES).map((change, index) => (
          // A field may be named more than once.
          <li key={`${index}:${change.field}`} className={styles['change']}>
            <div className={styles['field']}>
              <TextValue
                about={{ label: 'Changed field', field: 'changes.field' }}
                text={change.field}
                mono
              />
            </div>
            <OneChange change={change} />
          </li>
        ))}
      </ul>
      {changes.length > MAX_CHANGES && (
        <Words tone="muted">{plural(changes.length - MAX_CHANGES, 'more change')} in the event’s JSON.</Words>
      )}
    </Part>
  );
}

function OneChange({ change }: { change: Change }) {
  switch (changeLook(change)) {
    case 'words':
      return <WordDiff old={String(change.old)} next={String(change.new)} />;
    case 'json':
      return <JsonDiff old={change.old} next={change.new} />;
    default:
      return <BeforeAfter old={change.old} next={change.new} />;
  }
}

function BeforeAfter({ old, next }: { old: unknown; next: unknown }) {
  return (
    <div className={styles['pair']}>
      <Side kind="removed" value={old} />
      <span className={styles['arrow']} aria-hidden>
        →
      </span>
      <Side kind="added" value={next} />
    </div>
  );
}

function Side({ kind, value }: { kind: 'removed' | 'added'; value: unknown }) {
  const Element = kind === 'removed' ? 'del' : 'ins';
  const word = kind === 'removed' ? 'Before: ' : 'After: ';
  if (value === undefined || value === null) {
    return (
      <span className={styles['none']}>
        <span className="visually-hidden">{word}</span>
        {value === null ? 'null' : 'not set'}
      </span>
    );
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <Element className={classes(styles['side'], styles[kind])}>
      <span className="visually-hidden">{word}</span>
      {text === '' ? 'empty text' : <Shown text={text} mono={typeof value !== 'string'} isMultiline />}
    </Element>
  );
}

function WordDiff({ old, next }: { old: string; next: string }) {
  const parts = useMemo(() => diffWords(old, next), [old, next]);
  const isWoven = parts.some(({ kind }) => kind === 'same');
  return (
    <div className={classes(styles['words'], !isWoven && styles['apart'])}>
      {parts.map(({ kind, text }, index) => {
        if (kind === 'same') return <Shown key={`${index}`} text={text} isMultiline />;
        const Element = kind === 'removed' ? 'del' : 'ins';
        return (
          <Element key={`${index}`} className={styles[kind]}>
            <span className="visually-hidden">{kind === 'removed' ? 'removed: ' : 'added: '}</span>
            <Shown text={text} isMultiline />
          </Element>
        );
      })}
    </div>
  );
}

const SIGNS = { added: '+', removed: '−', changed: '~', same: '' } as const;

function JsonDiff({ old, next }: { old: unknown; next: unknown }) {
  const { rows, leftOut } = useMemo(() => diffJson(old ?? undefined, next ?? undefined), [old, next]);
  const changed = rows.filter(({ kind }) => kind !== 'same');
  const same = rows.length - changed.length;
  const hidden = Math.max(0, changed.length - MAX_ROWS) + leftOut;
  return (
    <>
      <ul className={styles['rows']}>
        {changed.slice(0, MAX_ROWS).map((row) => (
          <li key={`${row.kind}${row.pointer}`} className={styles['row']}>
            <span className={classes(styles['sign'], styles[`sign-${row.kind}`])} title={row.kind}>
              {SIGNS[row.kind]}
            </span>
            <JsonRow row={row} />
          </li>
        ))}
      </ul>
      <Words size="s" tone="muted">
        {[
          same > 0 && `${plural(same, 'value')} unchanged.`,
          hidden > 0 && `${plural(hidden, 'more difference')} in the event’s JSON.`,
        ]
          .filter((text) => text !== false)
          .join(' ')}
      </Words>
    </>
  );
}

function JsonRow({ row }: { row: DiffRow }) {
  const path = pathText(row.path);
  return (
    <div className={styles['row-words']}>
      {path !== '' && (
        <span className={styles['path']}>
          <Shown text={path} mono />
        </span>
      )}
      <div className={styles['pair']}>
        {row.kind !== 'added' && <Side kind="removed" value={row.old} />}
        {row.kind === 'changed' && (
          <span className={styles['arrow']} aria-hidden>
            →
          </span>
        )}
        {row.kind !== 'removed' && <Side kind="added" value={row.new} />}
      </div>
    </div>
  );
}
