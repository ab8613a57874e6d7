/** Makes the element known to the page, once. */
import { EvidentLogElement } from './element';

const NAME = 'evident-log';

if (customElements.get(NAME) === undefined) customElements.define(NAME, EvidentLogElement);
