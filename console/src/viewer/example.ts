/**
 * The page that shows the viewer, and what can be set of it. It stands for any page: it uses nothing of the
 * viewer but what is documented.
 *
 * It must hold that the token is kept nowhere: it goes from the form into the element.
 */
interface LogElement extends HTMLElement {
  token: string;
}

function one<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`the page has no ${selector}`);
  return found;
}

const log = one('evident-log', HTMLElement) as LogElement;
const access = one('#access', HTMLFormElement);
const token = one('#token', HTMLInputElement);
const said = one('#said', HTMLElement);
const theming = one('#theming', HTMLFormElement);

access.addEventListener('submit', (submit) => {
  submit.preventDefault();
  log.token = token.value.trim();
  token.value = '';
  said.textContent = '';
});

log.addEventListener('tokenexpired', () => {
  said.textContent =
    'The token does not work, or no longer. A page of yours would ask its server for the next one now.';
  token.focus();
});

function showLook(): void {
  const values = new FormData(theming);
  const declarations: string[] = [];
  for (const input of theming.querySelectorAll<HTMLInputElement>('[data-variable]')) {
    const { variable = '', unit = '' } = input.dataset;
    const isUsual = input.value === input.defaultValue;
    if (isUsual) log.style.removeProperty(variable);
    else {
      log.style.setProperty(variable, `${input.value}${unit}`);
      declarations.push(`  ${variable}: ${input.value}${unit};`);
    }
  }
  const theme = values.get('theme');
  log.setAttribute('theme', typeof theme === 'string' ? theme : 'auto');
  log.toggleAttribute('live', values.has('live'));
  const width = values.get('width');
  log.style.width = `${typeof width === 'string' ? width : '100'}%`;
  showLines(declarations);
}

function showLines(declarations: readonly string[]): void {
  const { origin } = location;
  const attributes = ['theme', 'live'].flatMap((name) => {
    const value = log.getAttribute(name);
    if (value === null || value === 'auto') return [];
    return value === '' ? [` ${name}`] : [` ${name}="${value}"`];
  });
  const lines = [
    `<script type="module"\n  src="${origin}/embed/evident-log.js">\n</script>`,
    `<evident-log${attributes.join('')}></evident-log>`,
    ...(declarations.length === 0 ? [] : ['', `evident-log {\n${declarations.join('\n')}\n}`]),
  ];
  one('#lines', HTMLElement).textContent = lines.join('\n');
}

theming.addEventListener('input', showLook);
// The values are the first ones again only after the event.
theming.addEventListener('reset', () => queueMicrotask(showLook));
showLook();
