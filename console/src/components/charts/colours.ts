/**
 * Which colour a value has in charts.
 *
 * It must hold that a value has the same colour in every chart, on every day and for everybody, whatever else is
 * shown beside it. So colours do not go by rank: what Evident's catalog knows has a colour given by hand, such
 * that what is often seen together differs, and anything else has one by its text. There are sixteen, so two
 * values may share one; each is named wherever it has a colour.
 */
import { fold } from '../../lib/query/words';

/** A colour as CSS has it, made of the design's tokens. */
export type Colour = string;

/** The strong colours; as many soft ones follow them. */
const STRONG = 8;
const SLOTS = STRONG * 2;

export const OTHER_COLOUR: Colour = 'var(--series-other)';
export const MISSING_COLOUR: Colour = 'color-mix(in oklab, var(--series-other) 45%, var(--surface))';
/** Of what is not told apart. */
export const PLAIN_COLOUR: Colour = 'color-mix(in oklab, var(--series-1) 82%, var(--surface))';

/** Fields whose values mean the same wherever they stand, and their values' slots from 0. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  result: { success: 1, failed: 5, denied: 3, warning: 2, approved: 4, allowed: 6 },
  event_type: {
    'agent operations': 0,
    'policy changes': 2,
    'user actions': 1,
    'security events': 7,
    'system events': 4,
  },
  category: {
    prompts: 0,
    'login/logout': 1,
    approvals: 2,
    dataset: 3,
    system: 4,
    security: 5,
    'tool management': 6,
    evaluations: 7,
    scores: 8,
    agents: 9,
    'workflow management': 10,
    guardrails: 11,
    'data sources': 12,
    'manage custom scripts': 13,
    entities: 14,
    'opa policies': 15,
    playground: 9,
    models: 8,
    integrations: 14,
    settings: 12,
    roles: 3,
    'users management': 6,
    'user management': 6,
    retention: 2,
    projects: 7,
  },
};

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A number from 0 to 2³² that depends on the text alone (FNV-1a). */
function hash(text: string): number {
  let value = FNV_OFFSET;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), FNV_PRIME) >>> 0;
  }
  return value;
}

function slotOf(field: string, value: string): number {
  const text = fold(value);
  const known = Object.hasOwn(KNOWN, field) ? KNOWN[field] : undefined;
  const slot = known !== undefined && Object.hasOwn(known, text) ? known[text] : undefined;
  return slot ?? hash(text) % SLOTS;
}

/** The colour of a field's value. */
export function colourOf(field: string, value: string): Colour {
  const slot = slotOf(field, value);
  const series = `var(--series-${(slot % STRONG) + 1})`;
  return slot < STRONG ? series : `color-mix(in oklab, ${series} 48%, var(--surface))`;
}
