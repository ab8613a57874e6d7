/**
 * What the reader asks with: the search, the range of time, types and results. All but the search are the
 * browser's own selects, which everybody can use.
 */
import { mistakesIn } from '../lib/query/search';
import { EVENT_TYPES, MAX_Q_BYTES, type QueryState, type Range, RESULTS } from '../lib/query/state';
import { rangeLabel } from '../lib/time/labels';
import { isPreset, presetLabel, PRESETS } from '../lib/time/presets';
import { button, make, unseen } from './dom';
import { icon } from './icons';

/** How long after the last key the search is asked, in milliseconds. */
const SETTLES_MS = 300;
/** The value of an option that stands for what no other option says. */
const OTHER = 'other';

export interface ToolbarActions {
  readonly onChange: (change: Partial<QueryState>) => void;
  readonly onLive: (isLive: boolean) => void;
  readonly onRelative: (isRelative: boolean) => void;
}

export interface ToolbarLook {
  readonly state: QueryState;
  readonly range: Range;
  readonly zone: string;
  /** Undefined: events are not followed here. */
  readonly isLive: boolean | undefined;
  readonly isRelative: boolean;
}

export class Toolbar {
  readonly element: HTMLElement;
  private readonly input = make('input', {
    type: 'search',
    id: 'search',
    part: 'search',
    placeholder: 'Search events',
    autocomplete: 'off',
    spellcheck: 'false',
    enterkeyhint: 'search',
    maxlength: MAX_Q_BYTES,
    'aria-describedby': 'mistake',
  });
  private readonly mistake = make('p', { id: 'mistake', class: 'mistake' });
  private readonly range = make('select', { id: 'range', part: 'select' });
  private readonly type = make('select', { id: 'type', part: 'select' });
  private readonly result = make('select', { id: 'result', part: 'select' });
  private readonly live: HTMLButtonElement;
  private readonly relative: HTMLButtonElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private searched = '';

  constructor(private readonly actions: ToolbarActions) {
    const form = make(
      'form',
      { class: 'search' },
      make('label', { for: 'search', class: 'unseen' }, 'Search events'),
      icon('search'),
      this.input,
    );
    form.addEventListener('submit', (submit) => {
      submit.preventDefault();
      this.search();
    });
    this.input.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), SETTLES_MS);
    });
    this.range.addEventListener('change', () => {
      const { value } = this.range;
      if (isPreset(value)) actions.onChange({ range: value });
    });
    this.type.addEventListener('change', () => {
      actions.onChange({ eventTypes: EVENT_TYPES.filter((type) => type === this.type.value) });
    });
    this.result.addEventListener('change', () => {
      actions.onChange({ results: RESULTS.filter((result) => result === this.result.value) });
    });
    this.live = button(
      { class: 'button live', onPress: () => actions.onLive(!isPressed(this.live)) },
      'Live',
    );
    this.relative = button(
      {
        label: 'Relative times',
        class: 'button square',
        onPress: () => actions.onRelative(!isPressed(this.relative)),
      },
      icon('clock'),
    );
    this.element = make(
      'div',
      { class: 'toolbar', part: 'toolbar' },
      form,
      labelled('Time range', this.range),
      labelled('Event type', this.type),
      labelled('Result', this.result),
      make('div', { class: 'switches' }, this.live, this.relative),
      this.mistake,
    );
  }

  show({ state, range, zone, isLive, isRelative }: ToolbarLook): void {
    if (state.q !== this.searched) {
      this.searched = state.q;
      this.input.value = state.q;
      this.showMistake();
    }
    const isOwn = typeof range !== 'string';
    options(this.range, isOwn ? OTHER : range, [
      ...(isOwn ? [[OTHER, rangeLabel(range, zone)] as const] : []),
      ...PRESETS.map((preset) => [preset, presetLabel(preset)] as const),
    ]);
    choice(this.type, 'All event types', EVENT_TYPES, state.eventTypes, (type) => type);
    choice(this.result, 'All results', RESULTS, state.results, capital);
    this.live.hidden = isLive === undefined;
    this.live.setAttribute('aria-pressed', String(isLive ?? false));
    this.relative.setAttribute('aria-pressed', String(isRelative));
  }

  focusSearch(): void {
    this.input.focus();
    this.input.select();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private search(): void {
    clearTimeout(this.timer);
    const q = this.input.value;
    const isWrong = this.showMistake();
    if (isWrong || q === this.searched) return;
    this.searched = q;
    this.actions.onChange({ q });
  }

  /** Says what is wrong with the search; true if the server would refuse it. */
  private showMistake(): boolean {
    const mistakes = mistakesIn(this.input.value);
    const first = mistakes.find(({ severity }) => severity === 'error') ?? mistakes[0];
    const isWrong = first?.severity === 'error';
    const meant =
      first?.suggestion === undefined || first.suggestion === '' ? '' : ` Try ${first.suggestion}`;
    this.mistake.textContent = first === undefined ? '' : `${first.message}${meant}`;
    this.mistake.classList.toggle('error', isWrong);
    this.input.setAttribute('aria-invalid', String(isWrong));
    return isWrong;
  }
}

function isPressed(toggle: HTMLButtonElement): boolean {
  return toggle.getAttribute('aria-pressed') === 'true';
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function labelled(label: string, select: HTMLSelectElement): HTMLElement {
  return make('label', { class: 'select' }, unseen(label), select);
}

/** The options of a select and the one that is chosen; nothing is touched that is the same. */
function options(
  select: HTMLSelectElement,
  chosen: string,
  all: readonly (readonly [value: string, label: string])[],
): void {
  const key = JSON.stringify(all);
  if (select.dataset['options'] !== key) {
    select.dataset['options'] = key;
    select.replaceChildren(...all.map(([value, label]) => make('option', { value }, label)));
  }
  select.value = chosen;
}

/** All, one of a few, or the several that the page asked for. */
function choice<T extends string>(
  select: HTMLSelectElement,
  all: string,
  values: readonly T[],
  chosen: readonly T[],
  label: (value: T) => string,
): void {
  const isSeveral = chosen.length > 1;
  options(select, isSeveral ? OTHER : (chosen[0] ?? ''), [
    ['', all],
    ...(isSeveral ? [[OTHER, chosen.map(label).join(', ')] as const] : []),
    ...values.map((value) => [value, label(value)] as const),
  ]);
}
