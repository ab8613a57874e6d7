/**
 * Elements, made without markup.
 *
 * It must hold that a text from outside becomes a text node or the value of an attribute that is only read to
 * people (`title`, `aria-label`, `datetime`), never markup, an address or a handler.
 */
type AttributeName =
  | `aria-${string}`
  | `data-${string}`
  | 'autocomplete'
  | 'class'
  | 'datetime'
  | 'dir'
  | 'enterkeyhint'
  | 'for'
  | 'id'
  | 'maxlength'
  | 'open'
  | 'part'
  | 'placeholder'
  | 'role'
  | 'spellcheck'
  | 'tabindex'
  | 'title'
  | 'type'
  | 'value';

export type Attributes = Partial<Record<AttributeName, string | number | undefined>>;
/** What is undefined is left out. */
export type Child = Node | string | undefined;

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export interface ButtonOptions {
  /** What it does, in words; said where the button has an icon alone. */
  readonly label?: string;
  readonly class?: string;
  readonly part?: string;
  readonly tabindex?: number;
  readonly onPress: (event: MouseEvent) => void;
}

export function button(options: ButtonOptions, ...children: readonly Child[]): HTMLButtonElement {
  const { label, onPress } = options;
  const element = make(
    'button',
    {
      type: 'button',
      class: options.class ?? 'button',
      part: options.part ?? 'button',
      'aria-label': label,
      title: label,
      tabindex: options.tabindex,
    },
    ...children,
  );
  element.addEventListener('click', onPress);
  return element;
}

/** Text that is only read to those who do not see. */
export function unseen(text: string): HTMLElement {
  return make('span', { class: 'unseen' }, text);
}

/** Makes what an element holds these, and leaves alone those that stand where they should. */
export function arrange(parent: Element, children: readonly Node[]): void {
  const kept = new Set(children);
  for (const child of [...parent.childNodes]) if (!kept.has(child)) child.remove();
  let next = parent.firstChild;
  for (const child of children) {
    if (child === next) next = next.nextSibling;
    else parent.insertBefore(child, next);
  }
}
