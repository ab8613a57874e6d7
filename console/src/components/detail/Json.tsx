/**
 * JSON with colours that folds. Long documents are drawn as far as they are on the screen, so that 200 KB open
 * at once; everything is text nodes, whatever it says.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight, ChevronsDownUp, ChevronsUpDown } from 'lucide-react';
import { type ReactNode, useMemo, useRef, useState } from 'react';

import { foldsFrom, jsonLines, type JsonLine, shownLines, type Token } from '../../lib/json';
import { IconButton } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { CopyButton } from '../../ui/Copy';
import styles from './Json.module.css';
import { redactedPieces } from './redacted';
import { Redacted } from './Value';

/** A document of more lines than this begins folded, in lines. */
const FOLDS_ABOVE = 120;
/** From this level on. */
const FOLDED_DEPTH = 2;
/** A document of more lines than this is drawn as far as it is seen, in lines. */
const DRAWN_WHOLE = 150;
/** The height of a line that does not wrap, in pixels. */
const LINE_PX = 24;
/** Lines that are drawn beyond those that are seen. */
const OVERSCAN = 20;

export interface JsonProps {
  value: unknown;
  /** What it is, as in "Request Body". */
  what: string;
  /** Beside the buttons for folding and copying. */
  actions?: ReactNode;
  /** As tall as it is, where what is around scrolls. */
  isTall?: boolean;
}

export function Json({ value, what, actions, isTall = false }: JsonProps) {
  const [whole, setWhole] = useState<ReadonlySet<string>>(new Set());
  const document = useMemo(() => jsonLines(value, { whole }), [value, whole]);
  const [folded, setFolded] = useState<ReadonlySet<number>>(() =>
    document.lines.length > FOLDS_ABOVE ? foldsFrom(document, FOLDED_DEPTH) : new Set(),
  );
  const shown = useMemo(() => shownLines(document, folded), [document, folded]);
  const folds = document.lines.some((line) => line.fold !== undefined && line.depth > 0);
  const toggle = (at: number) => {
    const next = new Set(folded);
    if (!next.delete(at)) next.add(at);
    setFolded(next);
  };
  const draw = (at: number) => {
    const line = document.lines[at];
    if (line === undefined) return null;
    return (
      <Line
        line={line}
        isFolded={folded.has(at)}
        onToggle={() => toggle(at)}
        onWhole={() => setWhole(new Set([...whole, line.pointer]))}
      />
    );
  };
  return (
    <div className={styles['json']}>
      <div className={styles['bar']}>
        <span className={styles['what']}>{what}</span>
        {actions}
        {folds && (
          <IconButton
            label={folded.size > 0 ? 'Unfold all' : 'Fold all'}
            size="s"
            onPress={() => setFolded(folded.size > 0 ? new Set() : foldsFrom(document, 1))}
          >
            {folded.size > 0 ? <ChevronsUpDown aria-hidden /> : <ChevronsDownUp aria-hidden />}
          </IconButton>
        )}
        <CopyButton text={() => JSON.stringify(value, null, 2)} what={what} />
      </div>
      {shown.length > DRAWN_WHOLE ? (
        <Seen shown={shown} draw={draw} what={what} isTall={isTall} />
      ) : (
        <div className={classes(styles['lines'], isTall && styles['tall'])} {...scrolls(what)}>
          {shown.map((at) => (
            <div key={at}>{draw(at)}</div>
          ))}
        </div>
      )}
    </div>
  );
}

/** What scrolls has to be reached by the keyboard. */
const scrolls = (what: string) => ({ tabIndex: 0, role: 'group', 'aria-label': what });

interface SeenProps {
  shown: readonly number[];
  draw: (at: number) => ReactNode;
  what: string;
  isTall: boolean;
}

/** Draws the lines that are seen. */
function Seen({ shown, draw, what, isTall }: SeenProps) {
  const frame = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => shown[index] ?? index,
  });
  return (
    <div ref={frame} className={classes(styles['lines'], isTall && styles['tall'])} {...scrolls(what)}>
      <div className={styles['all']} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={virtualizer.measureElement}
            data-index={item.index}
            className={styles['seen']}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            {draw(shown[item.index] ?? 0)}
          </div>
        ))}
      </div>
    </div>
  );
}

interface LineProps {
  line: JsonLine;
  isFolded: boolean;
  onToggle: () => void;
  onWhole: () => void;
}

function Line({ line, isFolded, onToggle, onWhole }: LineProps) {
  const { depth, tokens, fold, cutUnits } = line;
  return (
    <div className={styles['line']} style={{ paddingInlineStart: `calc(22px + ${depth * 2}ch)` }}>
      {fold !== undefined && (
        <button
          type="button"
          className={styles['fold']}
          style={{ insetInlineStart: `${depth * 2}ch` }}
          aria-expanded={!isFolded}
          aria-label={`${isFolded ? 'Unfold' : 'Fold'} ${fold.summary}`}
          onClick={onToggle}
        >
          {isFolded ? <ChevronRight aria-hidden /> : <ChevronDown aria-hidden />}
        </button>
      )}
      {tokens.map((token, at) => (
        <Piece key={`${at}:${token.kind}`} token={token} />
      ))}
      {fold !== undefined && isFolded && (
        <>
          <span className={styles['cut']}> {fold.summary} </span>
          <span className={styles['punctuation']}>{fold.closing}</span>
        </>
      )}
      {cutUnits !== undefined && (
        <button type="button" className={styles['whole']} onClick={onWhole}>
          Show all of it
        </button>
      )}
    </div>
  );
}

function Piece({ token }: { token: Token }) {
  const className = styles[token.kind];
  if (token.kind !== 'string' || !token.text.includes('[redacted:')) {
    return (
      <span className={className} title={token.title}>
        {token.text}
      </span>
    );
  }
  return redactedPieces(token.text).map((piece, at) =>
    piece.isRedacted ? (
      <Redacted key={`${at}`} placeholder={piece.text} />
    ) : (
      <span key={`${at}`} className={className}>
        {piece.text}
      </span>
    ),
  );
}
