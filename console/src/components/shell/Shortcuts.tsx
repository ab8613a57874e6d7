/**
 * Keys that do something on a page. A page says which it has while it is shown; `?` lists them.
 *
 * A key counts only where nobody is typing and no dialog or menu is open, and never with Ctrl, Alt or Meta:
 * those belong to the browser.
 */
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

const ShortcutHelp = lazy(() =>
  import('./ShortcutHelp').then((module) => ({ default: module.ShortcutHelp })),
);

export interface Shortcut {
  /** As `KeyboardEvent.key` has it. */
  key: string;
  /** How the key is shown, where it is not what it is called. */
  shown?: string;
  label: string;
  run: () => void;
}

interface Shortcuts {
  add: (shortcuts: readonly Shortcut[]) => () => void;
  showHelp: () => void;
}

const ShortcutsContext = createContext<Shortcuts>({ add: () => () => undefined, showHelp: () => undefined });

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** Enter on a button or a link is theirs. */
function isPressing({ key, target }: KeyboardEvent): boolean {
  return key === 'Enter' && target instanceof Element && target.closest('a, button, summary') !== null;
}

/** Something is open that has keys of its own. Lists of suggestions are there all the time, and hidden mostly. */
export function isCovered(): boolean {
  return (
    document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]:not([hidden], :empty)') !== null
  );
}

export function ShortcutsProvider({ children }: { children: ReactNode }) {
  const [lists, setLists] = useState<readonly (readonly Shortcut[])[]>([]);
  const [help, setHelp] = useState(false);
  const current = useRef(lists);
  useEffect(() => {
    current.current = lists;
  }, [lists]);

  const add = useCallback((shortcuts: readonly Shortcut[]) => {
    setLists((before) => [...before, shortcuts]);
    return () => setLists((before) => before.filter((list) => list !== shortcuts));
  }, []);
  const showHelp = useCallback(() => setHelp(true), []);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      if (isTyping(event.target) || isPressing(event) || isCovered()) return;
      if (event.key === '?') {
        event.preventDefault();
        setHelp(true);
        return;
      }
      const found = current.current.flat().findLast(({ key }) => key === event.key);
      if (found === undefined) return;
      event.preventDefault();
      found.run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);

  const value = useMemo(() => ({ add, showHelp }), [add, showHelp]);
  const shown = [...lists.flat(), { key: '?', label: 'Show this', run: showHelp }];
  return (
    <ShortcutsContext value={value}>
      {children}
      {help && (
        <Suspense fallback={null}>
          <ShortcutHelp shortcuts={shown} onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </ShortcutsContext>
  );
}

export function useShortcuts(): Shortcuts {
  return use(ShortcutsContext);
}

/** The keys of a page, for as long as it is shown. The list has to be the same one between renders. */
export function usePageShortcuts(shortcuts: readonly Shortcut[]): void {
  const { add } = useShortcuts();
  useEffect(() => add(shortcuts), [add, shortcuts]);
}
