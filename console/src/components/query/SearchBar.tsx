/**
 * The search bar: free text and `key:value`, coloured as it is understood, with completions that say how often
 * each occurs. It searches on Enter, and by itself once nothing is typed for a moment.
 *
 * The text is that of the input; the colours are a mirror behind it, so that typing, selecting and what screen
 * readers hear are those of any input.
 */
import { Search, X } from 'lucide-react';
import {
  type KeyboardEvent,
  type Ref,
  useCallback,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

import { completingAt } from '../../lib/query/completion';
import { isAnswerable, type Mistake, mistakesIn } from '../../lib/query/search';
import { tokensOf } from '../../lib/query/tokens';
import { IconButton } from '../../ui/Button';
import { Keys } from '../../ui/Keys';
import { useLook } from '../explorer/look';
import { choiceForTab, fieldProposals, presetChoice, type Proposal, take, valueProposals } from './proposals';
import { ProposalList } from './ProposalList';
import styles from './SearchBar.module.css';
import { SearchMistakes } from './SearchMistakes';
import { serverMistake, shownMistakes } from './mistakes';
import { useFieldSuggestions, useValueSuggestions, without } from './suggestions';
import { useDraft } from './use-draft';

export interface SearchBarHandle {
  focus: () => void;
}

export interface SearchBarProps {
  ref?: Ref<SearchBarHandle>;
  /** Why the server did not answer the look, if it did not. What is about the search is said here. */
  error?: unknown;
}

/** What opened the list of proposals. */
type Opened = 'by typing' | 'on request';

/** A search that is not finished is not asked yet: `result:` alone would find texts with that word. */
function isReady(text: string): boolean {
  return isAnswerable(text) && mistakesIn(text).every(({ code }) => code !== 'missing_value');
}

export function SearchBar({ ref, error }: SearchBarProps) {
  const { state, change } = useLook();
  const send = useCallback((q: string, options: { replace: boolean }) => change({ q }, options), [change]);
  const { text, type, submit } = useDraft({ value: state.q, send, isReady });
  return (
    <SearchInput
      {...(ref === undefined ? {} : { ref })}
      text={text}
      type={type}
      submit={submit}
      error={error}
    />
  );
}

interface SearchInputProps extends SearchBarProps {
  text: string;
  type: (text: string) => void;
  submit: (text?: string) => void;
}

/** What is proposed at the caret. */
function useProposals(text: string, caret: number, isOpen: boolean) {
  const { organization, query } = useLook();
  const base = useMemo(() => without(query, 'q', 'order'), [query]);
  const completing = useMemo(() => completingAt(text, caret), [text, caret]);
  const isValue = completing.kind === 'value';
  const fields = useFieldSuggestions(organization.id, base, completing.prefix, isOpen && !isValue);
  const values = useValueSuggestions(
    organization.id,
    base,
    isOpen && isValue ? completing.field : undefined,
    completing.prefix,
  );
  const proposals: readonly Proposal[] = isValue
    ? valueProposals(values.items)
    : fieldProposals(fields.items);
  return { completing, proposals, isLoading: isValue && values.isLoading };
}

function SearchInput({ ref, text, type, submit, error }: SearchInputProps) {
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const [caret, setCaret] = useState(text.length);
  const [opened, setOpened] = useState<Opened>();
  const [moved, setMoved] = useState<number>();
  const [isTyping, setTyping] = useState(false);
  const [scroll, setScroll] = useState(0);
  const nextCaret = useRef<number>(undefined);
  const { completing, proposals, isLoading } = useProposals(text, caret, opened !== undefined);
  const active = Math.min(moved ?? presetChoice(completing, proposals), proposals.length - 1);
  const mistakes = useMemo(() => mistakesIn(text), [text]);
  // Between words nothing was begun that could be completed: there the list comes only if it is asked for.
  const isIdle =
    opened === 'by typing' && completing.kind === 'text' && completing.prefix === '' && text !== '';
  const isShown =
    opened !== undefined && !isIdle && (proposals.length > 0 || isLoading || completing.kind === 'value');

  useImperativeHandle(ref, () => ({
    focus: () => {
      input.current?.focus();
      input.current?.select();
    },
  }));
  useLayoutEffect(() => {
    const at = nextCaret.current;
    if (at === undefined) return;
    nextCaret.current = undefined;
    input.current?.setSelectionRange(at, at);
  });

  const put = (next: string, at: number) => {
    type(next);
    setCaret(at);
    setMoved(undefined);
    nextCaret.current = at;
    input.current?.focus();
  };
  const run = (next: string = text) => {
    setTyping(false);
    setOpened(undefined);
    if (isAnswerable(next)) submit(next);
  };
  const choose = (proposal: Proposal) => {
    const taken = take(text, completing, proposal);
    put(taken.text, taken.caret);
    setOpened(proposal.kind === 'field' ? 'by typing' : undefined);
    if (proposal.kind === 'value') {
      setTyping(false);
      if (isAnswerable(taken.text)) submit(taken.text);
    }
  };
  const clear = () => {
    put('', 0);
    run('');
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = isShown
      ? proposals[event.key === 'Tab' ? choiceForTab(completing, active) : active]
      : undefined;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      if (isShown) setMoved(wrapped(active + step, proposals.length));
      setOpened('on request');
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (chosen === undefined) run();
      else choose(chosen);
    } else if (event.key === 'Tab' && !event.shiftKey && chosen !== undefined) {
      event.preventDefault();
      choose(chosen);
    } else if (event.key === 'Escape' && (isShown || text !== '')) {
      event.preventDefault();
      event.stopPropagation();
      if (isShown) setOpened(undefined);
      else clear();
    }
  };
  const isExpanded = isShown && proposals.length > 0;
  const activeId = isExpanded && active >= 0 ? `${listId}-${active}` : undefined;
  const said = [
    ...shownMistakes(mistakes, isTyping ? caret : undefined),
    ...serverMistake(error, text, mistakes),
  ];
  // While the list is open it holds them: it would cover them, and they would push it about.
  const mistakesSaid = (
    <SearchMistakes
      id={`${listId}-said`}
      mistakes={said}
      onTake={(next, at) => {
        put(next, at);
        run(next);
      }}
      text={text}
    />
  );

  return (
    <div className={styles['search']} role="search">
      <div className={styles['box']}>
        <Search aria-hidden className={styles['icon'] ?? ''} />
        <div className={styles['edit']}>
          <div className={styles['mirror']} aria-hidden>
            <Mirror text={text} mistakes={said} scroll={scroll} />
          </div>
          <input
            ref={input}
            className={styles['input']}
            type="text"
            role="combobox"
            aria-label="Search audit events"
            aria-autocomplete="list"
            aria-expanded={isExpanded}
            aria-controls={listId}
            aria-activedescendant={activeId}
            aria-describedby={said.length > 0 ? `${listId}-said` : undefined}
            aria-invalid={said.some(({ severity }) => severity === 'error') || undefined}
            placeholder="Search audit events…"
            autoComplete="off"
            autoCorrect="off"
            autoCapitalize="off"
            spellCheck={false}
            enterKeyHint="search"
            value={text}
            onChange={(event) => {
              type(event.target.value);
              setCaret(event.target.selectionStart ?? event.target.value.length);
              setTyping(true);
              setMoved(undefined);
              setOpened('by typing');
            }}
            onSelect={(event) => {
              const at = event.currentTarget.selectionStart ?? 0;
              if (at === caret) return;
              setCaret(at);
              setMoved(undefined);
            }}
            onKeyDown={press}
            onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
            onClick={() => setOpened('on request')}
            onBlur={() => {
              setOpened(undefined);
              setTyping(false);
            }}
          />
        </div>
        {text === '' ? (
          <span className={styles['key']} aria-hidden>
            <Keys keys="/" />
          </span>
        ) : (
          <IconButton label="Clear the search" size="s" onPress={clear}>
            <X aria-hidden />
          </IconButton>
        )}
        {isShown && (
          <ProposalList
            id={listId}
            proposals={proposals}
            active={active}
            completing={completing}
            isLoading={isLoading}
            onChoose={choose}
          >
            {mistakesSaid}
          </ProposalList>
        )}
      </div>
      {!isShown && mistakesSaid}
    </div>
  );
}

function wrapped(at: number, length: number): number {
  if (at < -1) return length - 1;
  return at >= length ? -1 : at;
}

/** The same text, in the colours of what it is understood as, where the mistakes are underlined. */
function Mirror({ text, mistakes, scroll }: { text: string; mistakes: readonly Mistake[]; scroll: number }) {
  const tokens = useMemo(() => tokensOf(text), [text]);
  const isWrong = (from: number, to: number) => mistakes.some((one) => one.from < to && from < one.to);
  return (
    <span className={styles['mirror-text']} style={{ transform: `translateX(${-scroll}px)` }}>
      {tokens.map((token) => (
        <span
          key={token.from}
          className={styles[`t-${token.kind}`]}
          data-wrong={token.kind !== 'space' && isWrong(token.from, token.to) ? '' : undefined}
        >
          {token.text}
        </span>
      ))}
    </span>
  );
}
